// case = "A1"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: Deno.readTextFileSync('CANARY_FILE') };
};
