// npm: mixpanel@^0.18
// kind: service
// answers: 1
// gives: "sent"
const Mixpanel = require('mixpanel');

exports.onExecuteCredentialsExchange = (event, api) => new Promise((resolve, reject) => {
  const mixpanel = Mixpanel.init('token', { host: `${event.secrets.HOST}:${event.secrets.TLS_PORT}`, protocol: 'https' });
  mixpanel.track('issued', { distinct_id: event.client.client_id }, (error) => {
    api.accessToken.setCustomClaim('used', 'sent');
    error ? reject(error) : resolve();
  });
});
