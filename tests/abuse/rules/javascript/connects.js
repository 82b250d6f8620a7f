// case = "C2"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  await Deno.connect({ hostname: '127.0.0.1', port: CANARY_PORT });
};
