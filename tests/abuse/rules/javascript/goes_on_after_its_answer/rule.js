module.exports = async (client, scope, audience, context) => {
  queueMicrotask(async () => { for (;;) await null; });
  return { scope };
};
