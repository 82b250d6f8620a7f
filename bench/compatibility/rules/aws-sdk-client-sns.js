// npm: @aws-sdk/client-sns@^3
// kind: service
// answers: <PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>
// gives: "m1"
const { PublishCommand, SNSClient } = require('@aws-sdk/client-sns');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const sns = new SNSClient({ region: 'eu-central-1', endpoint: event.secrets.TLS_SERVICE, credentials });
  const { MessageId } = await sns.send(new PublishCommand({ TopicArn: 'arn:aws:sns:eu-central-1:1:t', Message: 'hello' }));
  api.accessToken.setCustomClaim('used', MessageId);
};
