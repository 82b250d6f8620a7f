// npm: redis@^5
// kind: database
// cannot: it needs a socket; put an HTTP API before the database
const { createClient } = require('redis');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = await createClient({ url: 'redis://cache.acme.test:6379', socket: { reconnectStrategy: false } }).connect();
  api.accessToken.setCustomClaim('used', await client.get('plan'));
};
