// case = "C13"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.listen({ hostname: '127.0.0.1', port: 0 });
};
