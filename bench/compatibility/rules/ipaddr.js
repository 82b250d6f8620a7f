// npm: ipaddr.js@^2
// kind: addresses
// gives: [true, "ipv6"]
const ipaddr = require('ipaddr.js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const inside = ipaddr.parse('10.1.2.3').match(ipaddr.parseCIDR('10.0.0.0/8'));
  api.accessToken.setCustomClaim('used', [inside, ipaddr.parse('::1').kind()]);
};
