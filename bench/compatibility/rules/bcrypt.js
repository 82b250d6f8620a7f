// npm: bcrypt@^6
// kind: cryptography
// cannot: it has a compiled part; use bcryptjs
const bcrypt = require('bcrypt');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', await bcrypt.compare('a password', await bcrypt.hash('a password', 6)));
};
