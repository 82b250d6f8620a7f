// npm: ioredis@^5
// kind: database
// cannot: it needs a socket; put an HTTP API before the database
const Redis = require('ioredis');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const redis = new Redis({ host: 'cache.acme.test', maxRetriesPerRequest: 1 });
  api.accessToken.setCustomClaim('used', await redis.get('plan'));
};
