// npm: validator@^13
// kind: validation
// gives: [true, false]
const validator = require('validator');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', [validator.isEmail('a@acme.test'), validator.isURL('not a url')]);
};
