module.exports = async (client, scope, audience, context) => {
  const a = {};
  a.a = a;
  return a;
};
