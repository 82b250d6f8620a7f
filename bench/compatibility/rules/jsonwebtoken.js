// npm: jsonwebtoken@^9
// kind: tokens
// gives: "gold"
const jwt = require('jsonwebtoken');
const { generateKeyPairSync } = require('crypto');

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

exports.onExecuteCredentialsExchange = async (event, api) => {
  const signed = jwt.sign({ plan: 'gold' }, privateKey, { algorithm: 'ES256', expiresIn: '1h' });
  api.accessToken.setCustomClaim('used', jwt.verify(signed, publicKey, { algorithms: ['ES256'] }).plan);
};
