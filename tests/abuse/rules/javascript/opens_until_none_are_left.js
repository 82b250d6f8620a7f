// case = "H12"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  for (let i = 0; i < 10_000; i++) Deno.openSync('/dev/null');
};
