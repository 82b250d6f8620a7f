// npm: @google-cloud/storage@^7
// kind: service
// answers: {"kind": "storage#object", "name": "plan", "metadata": {"plan": "gold"}}
// gives: "gold"
const { Storage } = require('@google-cloud/storage');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const storage = new Storage({ projectId: 'p', apiEndpoint: event.secrets.TLS_SERVICE, useAuthWithCustomEndpoint: false });
  const [metadata] = await storage.bucket('b').file('plan').getMetadata();
  api.accessToken.setCustomClaim('used', metadata.metadata.plan);
};
