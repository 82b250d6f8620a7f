// npm: @google-cloud/secret-manager@^6 google-auth-library@^10
// kind: service
// answers: {"name": "projects/p/secrets/s/versions/1", "payload": {"data": "Z29sZA=="}}
// gives: "gold"
const { SecretManagerServiceClient } = require('@google-cloud/secret-manager');
const { OAuth2Client } = require('google-auth-library');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'ya29.1', expiry_date: Date.now() + 3600000 });
  const { HOST: apiEndpoint, TLS_PORT: port } = event.secrets;
  const manager = new SecretManagerServiceClient({ fallback: true, projectId: 'p', apiEndpoint, port, authClient });
  const [version] = await manager.accessSecretVersion({ name: 'projects/p/secrets/s/versions/1' });
  api.accessToken.setCustomClaim('used', Buffer.from(version.payload.data).toString());
};
