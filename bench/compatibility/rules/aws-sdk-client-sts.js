// npm: @aws-sdk/client-sts@^3
// kind: service
// answers: <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Account>123</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
// gives: "123"
const { GetCallerIdentityCommand, STSClient } = require('@aws-sdk/client-sts');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const credentials = { accessKeyId: 'AKIA1', secretAccessKey: 'secret' };
  const sts = new STSClient({ region: 'eu-central-1', endpoint: event.secrets.TLS_SERVICE, credentials });
  api.accessToken.setCustomClaim('used', (await sts.send(new GetCallerIdentityCommand({}))).Account);
};
