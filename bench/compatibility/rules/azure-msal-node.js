// npm: @azure/msal-node@^3
// kind: identity
// answers /t/oauth2: {"access_token": "eyJ", "expires_in": 3600, "token_type": "Bearer"}
// gives: "eyJ"
const { ConfidentialClientApplication } = require('@azure/msal-node');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { TLS_SERVICE, HOST, TLS_PORT } = event.secrets;
  const host = `${HOST}:${TLS_PORT}`;
  const authority = `${TLS_SERVICE}/t`;
  const endpoints = {
    token_endpoint: `${authority}/oauth2/v2.0/token`,
    authorization_endpoint: `${authority}/authorize`,
    issuer: `${authority}/v2.0`,
    jwks_uri: `${authority}/keys`,
  };
  const application = new ConfidentialClientApplication({
    auth: { clientId: 'c', clientSecret: 's', authority, knownAuthorities: [host], authorityMetadata: JSON.stringify(endpoints) },
  });
  const { accessToken } = await application.acquireTokenByClientCredential({ scopes: ['api://acme/.default'] });
  api.accessToken.setCustomClaim('used', accessToken);
};
