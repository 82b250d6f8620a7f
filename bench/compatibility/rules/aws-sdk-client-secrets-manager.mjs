// npm: @aws-sdk/client-secrets-manager@^3
// kind: service
// answers: {"SecretString": "gold"}
// gives: "gold"
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export default async ({ context }) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const endpoint = context.webtask.secrets.TLS_SERVICE;
  const manager = new SecretsManagerClient({ region: 'eu-central-1', endpoint, credentials });
  return { used: (await manager.send(new GetSecretValueCommand({ SecretId: 'plan' }))).SecretString };
};
