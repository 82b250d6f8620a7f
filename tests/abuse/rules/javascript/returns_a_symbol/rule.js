module.exports = async (client, scope, audience, context) => {
  return Symbol('a');
};
