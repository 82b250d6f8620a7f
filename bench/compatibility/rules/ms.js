// npm: ms@^2
// kind: dates
// gives: 172800000
const ms = require('ms');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', ms('2 days'));
};
