// npm: aws-sdk@^2
// kind: service
// answers: {"SecretString": "gold"}
// gives: "gold"
const SecretsManager = require('aws-sdk/clients/secretsmanager');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const manager = new SecretsManager({ region: 'eu-central-1', endpoint: event.secrets.TLS_SERVICE, credentials });
  const { SecretString } = await manager.getSecretValue({ SecretId: 'plan' }).promise();
  api.accessToken.setCustomClaim('used', SecretString);
};
