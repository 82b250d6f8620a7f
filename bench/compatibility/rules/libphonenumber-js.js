// npm: libphonenumber-js@^1
// kind: text
// gives: "+41 44 668 18 00"
const { parsePhoneNumber } = require('libphonenumber-js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', parsePhoneNumber('044 668 18 00', 'CH').formatInternational());
};
