module.exports = async (client, scope, audience, context) => {
  return [1, 2];
};
