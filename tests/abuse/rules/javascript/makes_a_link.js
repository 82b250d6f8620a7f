// case = "A9"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.symlinkSync('CANARY_FILE', 'CANARY_FOLDER/link');
};
