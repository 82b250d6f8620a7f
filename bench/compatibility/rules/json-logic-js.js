// npm: json-logic-js@^2
// kind: policy
// gives: true
const jsonLogic = require('json-logic-js');

exports.onExecuteCredentialsExchange = async (event, api) => {
  api.accessToken.setCustomClaim('used', jsonLogic.apply({ '==': [{ var: 'plan' }, 'gold'] }, { plan: 'gold' }));
};
