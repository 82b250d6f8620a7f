// npm: auth0@^4
// kind: identity
// answers /oauth/token: {"access_token": "a.b.c", "expires_in": 86400, "token_type": "Bearer"}
// answers /api/v2/clients: {"client_id": "c", "client_metadata": {"plan": "gold"}}
// gives: "gold"
const { ManagementClient } = require('auth0');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const domain = `${event.secrets.HOST}:${event.secrets.TLS_PORT}`;
  const management = new ManagementClient({ domain, clientId: 'c', clientSecret: 's' });
  const { data } = await management.clients.get({ client_id: 'c' });
  api.accessToken.setCustomClaim('used', data.client_metadata.plan);
};
