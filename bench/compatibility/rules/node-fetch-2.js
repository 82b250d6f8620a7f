// npm: node-fetch@^2
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
const fetch = require('node-fetch');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const response = await fetch(`${event.secrets.TLS_SERVICE}/accounts`, { timeout: 1000 });
  api.accessToken.setCustomClaim('used', (await response.json()).plan);
};
