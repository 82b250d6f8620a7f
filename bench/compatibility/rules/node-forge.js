// npm: node-forge@^1
// kind: cryptography
// gives: "CN=acme"
const forge = require('node-forge');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { privateKey, publicKey } = forge.pki.rsa.generateKeyPair({ bits: 1024, workers: 0 });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = publicKey;
  certificate.setSubject([{ name: 'commonName', value: 'acme' }]);
  certificate.sign(privateKey, forge.md.sha256.create());
  const { subject } = forge.pki.certificateFromPem(forge.pki.certificateToPem(certificate));
  api.accessToken.setCustomClaim('used', subject.attributes.map((each) => `${each.shortName}=${each.value}`).join());
};
