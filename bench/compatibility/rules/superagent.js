// npm: superagent@^10
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
const superagent = require('superagent');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { body } = await superagent.post(`${event.secrets.TLS_SERVICE}/accounts`).send({ id: 1 }).timeout(1000).retry(2);
  api.accessToken.setCustomClaim('used', body.plan);
};
