// npm: ip@^2
// kind: addresses
// gives: [true, true]
const ip = require('ip');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', [ip.cidrSubnet('10.0.0.0/8').contains('10.1.2.3'), ip.isPrivate('127.0.0.1')]);
};
