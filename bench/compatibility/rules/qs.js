// npm: qs@^6
// kind: text
// gives: {"a": {"b": ["1", "2"]}}
const qs = require('qs');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', qs.parse(qs.stringify({ a: { b: [1, 2] } })));
};
