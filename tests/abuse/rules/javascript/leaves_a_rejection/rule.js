module.exports = async (client, scope, audience, context) => {
  Promise.reject(new Error('nobody waits'));
  await new Promise(() => {});
};
