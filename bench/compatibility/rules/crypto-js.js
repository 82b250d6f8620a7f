// npm: crypto-js@^4
// kind: cryptography
// gives: "gold"
const CryptoJS = require('crypto-js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const sealed = CryptoJS.AES.encrypt('gold', 'a secret').toString();
  api.accessToken.setCustomClaim('used', CryptoJS.AES.decrypt(sealed, 'a secret').toString(CryptoJS.enc.Utf8));
};
