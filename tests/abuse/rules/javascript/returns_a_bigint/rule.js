module.exports = async (client, scope, audience, context) => {
  return { 'https://rule.test/a': 1n };
};
