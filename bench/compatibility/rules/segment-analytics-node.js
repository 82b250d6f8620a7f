// npm: @segment/analytics-node@^2
// kind: service
// answers: {"success": true}
// gives: "issued"
const { Analytics } = require('@segment/analytics-node');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const analytics = new Analytics({ writeKey: 'k', host: event.secrets.TLS_SERVICE, flushAt: 1 });
  const sent = new Promise((resolve, reject) =>
    analytics.track({ userId: event.client.client_id, event: 'issued' }, (error, context) => error ? reject(error) : resolve(context))
  );
  api.accessToken.setCustomClaim('used', (await sent).event.event);
  await analytics.closeAndFlush();
};
