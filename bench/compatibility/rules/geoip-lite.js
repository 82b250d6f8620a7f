// npm: geoip-lite@^1
// kind: addresses
// cannot: it reads its data from files, and a rule has none; use event.request.geoip
const geoip = require('geoip-lite');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', geoip.lookup('8.8.8.8').country);
};
