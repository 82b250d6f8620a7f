// npm: url-parse@^1
// kind: text
// gives: ["acme.test", "1"]
const parse = require('url-parse');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { hostname, query } = parse('https://acme.test/a?b=1', true);
  api.accessToken.setCustomClaim('used', [hostname, query.b]);
};
