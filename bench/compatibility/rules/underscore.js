// npm: underscore@^1
// kind: data
// gives: ["b", "a"]
const _ = require('underscore');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', _.chain(['a', 'b']).sortBy((name) => -name.charCodeAt(0)).uniq().value());
};
