// npm: nodemailer@^7
// kind: service
// cannot: it speaks SMTP, and a rule has no socket; use the mail service's HTTP API
const nodemailer = require('nodemailer');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const transport = nodemailer.createTransport({ host: 'smtp.acme.test', port: 587 });
  const { messageId } = await transport.sendMail({ from: 'a@acme.test', to: 'b@acme.test', subject: 's', text: 't' });
  api.accessToken.setCustomClaim('used', messageId);
};
