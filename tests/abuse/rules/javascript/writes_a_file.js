// case = "A7"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.writeTextFileSync('CANARY_FOLDER/x', 'x');
};
