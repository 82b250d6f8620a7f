// npm: request@2.88.2
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
const request = require('request');

exports.onExecuteCredentialsExchange = (event, api) => new Promise((resolve, reject) => {
  const options = { url: `${event.secrets.TLS_SERVICE}/accounts`, method: 'POST', json: { id: 1 }, timeout: 1000 };
  request(options, (error, response, body) => {
    if (error) return reject(error);
    api.accessToken.setCustomClaim('used', body.plan);
    resolve();
  });
});
