// case = "C2"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: await (await fetch('http://127.0.0.1:CANARY_PORT/')).text() };
};
