// npm: axios@^1
// kind: HTTP
// answers: {"plan": "gold"}
// gives: "gold"
const axios = require('axios');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const partner = axios.create({ baseURL: event.secrets.TLS_SERVICE, timeout: 1000 });
  const { data } = await partner.post('/accounts', { client: event.client.client_id });
  api.accessToken.setCustomClaim('used', data.plan);
};
