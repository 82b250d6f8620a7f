// case = "M3"
// outcomes = ["failed:exception"]
// log = "nobody waits"
// ---
module.exports = async (client, scope, audience, context) => {
  Promise.reject(new Error('nobody waits'));
  await new Promise(() => {});
};
