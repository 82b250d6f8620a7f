// npm: google-auth-library@^10
// kind: service
// answers /token: {"access_token": "ya29.1", "expires_in": 3600, "token_type": "Bearer"}
// answers: {"plan": "gold"}
// gives: "gold"
const { OAuth2Client } = require('google-auth-library');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const service = event.secrets.TLS_SERVICE;
  const client = new OAuth2Client({ clientId: 'c', clientSecret: 's', endpoints: { oauth2TokenUrl: `${service}/token` } });
  client.setCredentials({ refresh_token: '1//r' });
  const { data } = await client.request({ url: `${service}/v1/accounts` });
  api.accessToken.setCustomClaim('used', data.plan);
};
