// npm: jsonata@^2
// kind: data
// gives: 30
const jsonata = require('jsonata');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', await jsonata('$sum(items.price)').evaluate({ items: [{ price: 10 }, { price: 20 }] }));
};
