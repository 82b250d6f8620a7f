// npm: bcryptjs@^3
// kind: cryptography
// gives: true
const bcrypt = require('bcryptjs');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const hash = await bcrypt.hash('a password', 6);
  api.accessToken.setCustomClaim('used', await bcrypt.compare('a password', hash));
};
