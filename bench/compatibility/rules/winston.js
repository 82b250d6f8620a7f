// npm: winston@^3
// kind: logs
// gives: "logged"
const winston = require('winston');
const { combine, json, timestamp } = winston.format;
const log = winston.createLogger({ format: combine(timestamp(), json()), transports: [new winston.transports.Console()] });

exports.onExecuteCredentialsExchange = async (event, api) => {
  log.warn('a token', { client: event.client.client_id });
  api.accessToken.setCustomClaim('used', 'logged');
};
