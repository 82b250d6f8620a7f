// npm: async@^3
// kind: flow
// gives: [2, 4, 6]
const async = require('async');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', await async.mapLimit([1, 2, 3], 2, async (n) => n * 2));
};
