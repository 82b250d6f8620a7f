// npm: hash-wasm@^4
// kind: cryptography
// cannot: it is built on WebAssembly, which would have to make machine code; use crypto
const { sha256 } = require('hash-wasm');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', await sha256('gold'));
};
