module.exports = async (client, scope, audience, context) => {
  return { then() { for (;;) {} } };
};
