// npm: uuid@^11
// kind: names
// gives: [true, 4]
const { v4, v5, validate, version } = require('uuid');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', [validate(v5('acme', v5.URL)), version(v4())]);
};
