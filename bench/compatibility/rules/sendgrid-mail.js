// npm: @sendgrid/mail@^8
// kind: service
// answers: {"message": "queued"}
// gives: 200
const mail = require('@sendgrid/mail');

exports.onExecuteCredentialsExchange = async (event, api) => {
  mail.setApiKey('SG.1');
  mail.client.setDefaultRequest('baseUrl', event.secrets.TLS_SERVICE);
  const [response] = await mail.send({ to: 'a@acme.test', from: 'b@acme.test', subject: 'a token', text: 'was issued' });
  api.accessToken.setCustomClaim('used', response.statusCode);
};
