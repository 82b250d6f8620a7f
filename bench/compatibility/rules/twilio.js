// npm: twilio@^5
// kind: service
// answers: {"sid": "SM1"}
// gives: "SM1"
const twilio = require('twilio');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const client = twilio('AC1', 'secret', { timeout: 2000 });
  const uri = `${event.secrets.TLS_SERVICE}/2010-04-01/Accounts/AC1/Messages.json`;
  const { body } = await client.request({ method: 'post', uri, data: { To: '+41', Body: 'hello' } });
  api.accessToken.setCustomClaim('used', body.sid);
};
