// npm: mailgun.js@^12 form-data@^4
// kind: service
// answers: {"id": "m1", "message": "Queued"}
// gives: "m1"
const FormData = require('form-data');
const Mailgun = require('mailgun.js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = new (Mailgun.default ?? Mailgun)(FormData).client({ username: 'api', key: 'k', url: event.secrets.TLS_SERVICE });
  const { id } = await client.messages.create('acme.test', { from: 'a@acme.test', to: ['b@acme.test'], subject: 's', text: 't' });
  api.accessToken.setCustomClaim('used', id);
};
