// npm: node-cache@^5
// kind: flow
// gives: "gold"
const NodeCache = require('node-cache');

const cache = new NodeCache({ stdTTL: 60, checkperiod: 10 });

exports.onExecuteCredentialsExchange = async (event, api) => {
  cache.set('plan', 'gold');
  api.accessToken.setCustomClaim('used', cache.get('plan'));
};
