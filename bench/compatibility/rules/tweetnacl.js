// npm: tweetnacl@^1 tweetnacl-util@^0.15
// kind: cryptography
// gives: "gold"
const nacl = require('tweetnacl');
const { decodeUTF8, encodeUTF8 } = require('tweetnacl-util');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { publicKey, secretKey } = nacl.sign.keyPair();
  const opened = nacl.sign.open(nacl.sign(decodeUTF8('gold'), secretKey), publicKey);
  api.accessToken.setCustomClaim('used', encodeUTF8(opened));
};
