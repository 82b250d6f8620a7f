// npm: ejs@^3
// kind: text
// gives: "Hello ACME"
const ejs = require('ejs');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', ejs.render('Hello <%= name.toUpperCase() %>', { name: 'Acme' }));
};
