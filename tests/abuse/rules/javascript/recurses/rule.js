module.exports = async (client, scope, audience, context) => {
  const f = () => f();
  f();
};
