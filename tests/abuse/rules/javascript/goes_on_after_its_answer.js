// case = "G9"
// outcomes = ["granted"]
// times = 3
// ---
module.exports = async (client, scope, audience, context) => {
  queueMicrotask(async () => { for (;;) await null; });
  return { scope };
};
