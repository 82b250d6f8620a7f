// case = "G6"
// outcomes = ["failed:exception"]
// log = "nothing is left that it could wait for"
// ---
module.exports = async (client, scope, audience, context) => {
  await new Promise(() => {});
};
