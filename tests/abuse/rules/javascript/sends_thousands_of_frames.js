// case = "J11"
// outcomes = ["failed:crashed", "failed:output_flood"]
// ---
module.exports = async (client, scope, audience, context) => {
  const send = (frame) => {
    const body = new TextEncoder().encode(JSON.stringify(frame));
    Deno[Deno.internal].core.writeSync(1, new Uint8Array([0, 0, body.length >> 8, body.length & 255, ...body]));
  };

  for (;;) {
    send({ t: 'loaded' });
    send({ t: 'idle', n: 1 });
  }
};
