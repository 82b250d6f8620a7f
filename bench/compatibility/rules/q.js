// npm: q@^1
// kind: flow
// gives: [1, "in time"]
const Q = require('q');

exports.onExecuteCredentialsExchange = (event, api) =>
  Q.all([1, Q.delay('in time', 5)]).then((all) => { api.accessToken.setCustomClaim('used', all); });
