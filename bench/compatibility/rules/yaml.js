// npm: yaml@^2
// kind: text
// gives: "plan: gold\n"
const { parse, stringify } = require('yaml');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', stringify(parse('{plan: gold}')));
};
