// case = "J10"
// outcomes = ["failed:timeout", "failed:crashed"]
// ---
module.exports = async (client, scope, audience, context) => {
  await null;
  const buffer = new Uint8Array(65536);
  const count = Deno[Deno.internal].core.readSync(0, buffer);
  return { read: new TextDecoder().decode(buffer.subarray(0, count)) };
};
