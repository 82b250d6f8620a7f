// npm: bunyan@^1
// kind: logs
// gives: "logged"
const log = require('bunyan').createLogger({ name: 'rule' });

exports.onExecuteCredentialsExchange = async (event, api) => {
  log.info({ client: event.client.client_id }, 'a token');
  api.accessToken.setCustomClaim('used', 'logged');
};
