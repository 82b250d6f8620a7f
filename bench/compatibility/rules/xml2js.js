// npm: xml2js@^0.6
// kind: text
// gives: "gold"
const { parseStringPromise } = require('xml2js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const { account } = await parseStringPromise('<account id="1"><plan>gold</plan></account>');
  api.accessToken.setCustomClaim('used', account.plan[0]);
};
