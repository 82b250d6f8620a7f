module.exports = async (client, scope, audience, context) => {
  await new Promise(() => {});
};
