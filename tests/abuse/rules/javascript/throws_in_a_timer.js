// case = "M3"
// outcomes = ["failed:exception"]
// log = "from a timer"
// ---
module.exports = async (client, scope, audience, context) => {
  setTimeout(() => { throw new Error('from a timer'); }, 1);
  await new Promise(() => {});
};
