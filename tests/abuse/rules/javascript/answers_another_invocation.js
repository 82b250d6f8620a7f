// case = "J4"
// outcomes = ["failed:crashed"]
// ---
module.exports = async (client, scope, audience, context) => {
  const send = (frame) => {
    const body = new TextEncoder().encode(JSON.stringify(frame));
    Deno[Deno.internal].core.writeSync(1, new Uint8Array([0, 0, body.length >> 8, body.length & 255, ...body]));
  };

  send({ t: 'returned', n: 999_999, form: 'own', value: '{"FORGED":true}' });
  for (;;) {}
};
