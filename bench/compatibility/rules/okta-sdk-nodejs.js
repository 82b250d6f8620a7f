// npm: @okta/okta-sdk-nodejs@^7
// kind: identity
// answers: {"id": "u1", "profile": {"plan": "gold"}}
// gives: "gold"
const okta = require('@okta/okta-sdk-nodejs');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = new okta.Client({ orgUrl: event.secrets.TLS_SERVICE, token: 't' });
  const user = await client.userApi.getUser({ userId: 'u1' });
  api.accessToken.setCustomClaim('used', user.profile.plan);
};
