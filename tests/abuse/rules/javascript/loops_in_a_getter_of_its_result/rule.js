module.exports = async (client, scope, audience, context) => {
  return { get scope() { for (;;) {} } };
};
