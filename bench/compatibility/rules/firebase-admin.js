// npm: firebase-admin@^13
// kind: service
// gives: "acme"
const { cert, getApps, initializeApp } = require('firebase-admin/app');
const { getAuth } = require('firebase-admin/auth');
const { generateKeyPairSync } = require('crypto');

if (!getApps().length) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  initializeApp({ credential: cert({ projectId: 'p', clientEmail: 'a@p.iam.gserviceaccount.com', privateKey: key }) });
}

exports.onExecuteCredentialsExchange = async (event, api) => {
  const token = await getAuth().createCustomToken('acme', { plan: 'gold' });
  api.accessToken.setCustomClaim('used', JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).uid);
};
