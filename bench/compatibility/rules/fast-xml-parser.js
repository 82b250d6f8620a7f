// npm: fast-xml-parser@^5
// kind: text
// gives: {"account": {"plan": "gold"}}
const { XMLBuilder, XMLParser } = require('fast-xml-parser');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', new XMLParser().parse(new XMLBuilder().build({ account: { plan: 'gold' } })));
};
