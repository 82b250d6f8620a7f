// case = "C5"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  await Deno.connect({ transport: 'unix', path: 'CANARY_SOCKET' });
};
