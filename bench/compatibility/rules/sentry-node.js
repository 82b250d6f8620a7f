// npm: @sentry/node@^9
// kind: service
// answers: {"id": "e1"}
// gives: true
const Sentry = require('@sentry/node');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { HOST, TLS_PORT } = event.secrets;
  Sentry.init({ dsn: `https://key@${HOST}:${TLS_PORT}/1` });
  Sentry.captureException(new Error('no plan'));
  api.accessToken.setCustomClaim('used', await Sentry.flush(2000));
};
