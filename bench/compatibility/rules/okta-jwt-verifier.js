// npm: @okta/jwt-verifier@^4
// kind: identity
// gives: "Jwt cannot be parsed"
const OktaJwtVerifier = require('@okta/jwt-verifier');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const verifier = new OktaJwtVerifier({ issuer: `${event.secrets.TLS_SERVICE}/oauth2/default`, testing: { disableHttpsCheck: true } });
  const refused = await verifier.verifyAccessToken('not.a.token', 'api://default').catch((error) => error);
  api.accessToken.setCustomClaim('used', refused.message);
};
