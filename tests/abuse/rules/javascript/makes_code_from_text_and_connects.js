// case = "L3"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  for (const make of [console.log.constructor, fetch.constructor, Function, (async () => {}).constructor]) {
    await make("return Deno.connect({ hostname: '127.0.0.1', port: CANARY_PORT })")();
  }
};
