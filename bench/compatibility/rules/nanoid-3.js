// npm: nanoid@^3
// kind: names
// gives: 21
const { nanoid } = require('nanoid');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', nanoid().length);
};
