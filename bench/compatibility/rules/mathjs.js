// npm: mathjs@^14
// kind: data
// gives: "0.3"
const { create, all } = require('mathjs');

const math = create(all, { number: 'BigNumber' });

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', math.evaluate('0.1 + 0.2').toString());
};
