// npm: @aws-sdk/client-dynamodb@^3 @aws-sdk/lib-dynamodb@^3
// kind: service
// answers: {"Item": {"id": {"S": "acme"}, "plan": {"S": "gold"}}}
// gives: "gold"
const { DynamoDBClient } = require('@aws-sdk/client-dynamodb');
const { DynamoDBDocumentClient, GetCommand } = require('@aws-sdk/lib-dynamodb');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const client = new DynamoDBClient({ region: 'eu-central-1', endpoint: event.secrets.TLS_SERVICE, credentials });
  const found = await DynamoDBDocumentClient.from(client).send(new GetCommand({ TableName: 't', Key: { id: 'acme' } }));
  api.accessToken.setCustomClaim('used', found.Item.plan);
};
