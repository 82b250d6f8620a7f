// case = "I5"
// outcomes = ["granted", "failed:crashed", "failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.stderr.writeSync(new TextEncoder().encode('raw\n'));
  return {};
};
