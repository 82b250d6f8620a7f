// npm: debug@^4
// kind: logs
// gives: true
const debug = require('debug');
debug.enable('rule:*');
const log = debug('rule:plan');

exports.onExecuteCredentialsExchange = async (event, api) => {
  log('client %o', { id: event.client.client_id });
  api.accessToken.setCustomClaim('used', log.enabled);
};
