// npm: pino@^9
// kind: logs
// gives: "logged"
const pino = require('pino');
const log = pino({ base: null, redact: ['secret'] });

exports.onExecuteCredentialsExchange = async (event, api) => {
  log.child({ client: event.client.client_id }).info({ secret: 'x' }, 'a token');
  api.accessToken.setCustomClaim('used', 'logged');
};
