// npm: immutable@^5
// kind: data
// gives: {"plan": "gold"}
const { Map } = require('immutable');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', Map({ plan: 'free' }).set('plan', 'gold').toJS());
};
