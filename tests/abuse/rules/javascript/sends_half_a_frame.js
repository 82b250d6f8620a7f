// case = "J3"
// outcomes = ["failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno[Deno.internal].core.writeSync(1, new Uint8Array([0, 0, 1, 0, 123]));
  await new Promise((ok) => setTimeout(ok, 1e6));
};
