// npm: aws-sdk@^2
// kind: service
// cannot: it has every service in it, more than all packages of a rule may be; use @aws-sdk/client-…
const SecretsManager = require('aws-sdk/clients/secretsmanager');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const manager = new SecretsManager({ region: 'eu-central-1', endpoint: event.secrets.TLS_SERVICE, credentials });
  const { SecretString } = await manager.getSecretValue({ SecretId: 'plan' }).promise();
  api.accessToken.setCustomClaim('used', SecretString);
};
