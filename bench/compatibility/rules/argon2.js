// npm: argon2@^0.44
// kind: cryptography
// cannot: it has a compiled part; use crypto.scrypt
const argon2 = require('argon2');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', await argon2.verify(await argon2.hash('a password'), 'a password'));
};
