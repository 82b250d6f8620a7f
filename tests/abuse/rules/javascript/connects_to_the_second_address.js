// case = "C1"
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  for (const hostname of ['127.0.0.2', '::1', 'localhost', '0.0.0.0']) {
    try {
      await Deno.connect({ hostname, port: CANARY_PORT });
      return { connected: hostname };
    } catch {
      // as it should
    }
  }
  throw new Error('none of them');
};
