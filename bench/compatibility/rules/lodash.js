// npm: lodash@^4
// kind: data
// gives: {"read": 2, "write": 1}
const { countBy } = require('lodash');
const fp = require('lodash/fp');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const verbs = fp.map((scope) => scope.split(':')[0])(['read:a', 'write:a', 'read:b']);
  api.accessToken.setCustomClaim('used', countBy(verbs));
};
