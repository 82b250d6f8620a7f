// case = "J1"
// outcomes = ["failed:crashed"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.stdout.writeSync(new Uint8Array(64).fill(255));
  for (;;) {}
};
