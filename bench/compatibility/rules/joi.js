// npm: joi@^18
// kind: validation
// gives: "\"plan\" must be one of [free, gold]"
const Joi = require('joi');

exports.onExecuteCredentialsExchange = async (event, api) => {
  const schema = Joi.object({ plan: Joi.string().valid('free', 'gold'), email: Joi.string().email() });
  api.accessToken.setCustomClaim('used', schema.validate({ plan: 'silver', email: 'a@acme.com' }).error.message);
};
