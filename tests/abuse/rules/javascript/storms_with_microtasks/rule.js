module.exports = async (client, scope, audience, context) => {
  (async () => { for (;;) await null; })();
  await new Promise(() => {});
};
