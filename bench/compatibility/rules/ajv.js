// npm: ajv@^8 ajv-formats@^3
// kind: validation
// gives: [true, "must match format \"email\""]
const Ajv = require('ajv');
const addFormats = require('ajv-formats');

const ajv = new Ajv();
addFormats(ajv);
const check = ajv.compile({ type: 'object', properties: { email: { type: 'string', format: 'email' } } });

exports.onExecuteCredentialsExchange = async (event, api) => {
  const right = check({ email: 'a@acme.test' });
  check({ email: 'nobody' });
  api.accessToken.setCustomClaim('used', [right, check.errors[0].message]);
};
