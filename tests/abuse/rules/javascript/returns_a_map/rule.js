module.exports = async (client, scope, audience, context) => {
  return new Map([['scope', ['admin']]]);
};
