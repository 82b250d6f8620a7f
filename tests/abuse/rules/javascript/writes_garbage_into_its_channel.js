// case = "J1"
// outcomes = ["failed:crashed"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno[Deno.internal].core.writeSync(1, new Uint8Array(64).fill(255));
  for (;;) {}
};
