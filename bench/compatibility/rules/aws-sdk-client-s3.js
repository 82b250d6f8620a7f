// npm: @aws-sdk/client-s3@^3
// kind: service
// answers: {"plan": "gold"}
// gives: "gold"
const { GetObjectCommand, PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const endpoint = event.secrets.TLS_SERVICE;
  const s3 = new S3Client({ region: 'eu-central-1', endpoint, credentials, forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'b', Key: 'seen.json', Body: '{}' }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'b', Key: 'plan.json' }));
  api.accessToken.setCustomClaim('used', JSON.parse(await Body.transformToString()).plan);
};
