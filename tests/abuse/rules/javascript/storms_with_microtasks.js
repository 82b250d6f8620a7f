// case = "G3"
// outcomes = ["failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  (async () => { for (;;) await null; })();
  await new Promise(() => {});
};
