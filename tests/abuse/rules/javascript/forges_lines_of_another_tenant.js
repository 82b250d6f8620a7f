// case = "J4"
// outcomes = ["granted"]
// log = "forged"
// ---
module.exports = async (client, scope, audience, context) => {
  const send = (frame) => {
    const body = new TextEncoder().encode(JSON.stringify(frame));
    Deno[Deno.internal].core.writeSync(1, new Uint8Array([0, 0, body.length >> 8, body.length & 255, ...body]));
  };

  send({ t: 'line', level: 'info', text: 'forged', invocation: 'exc_000000000000aaaaaaaaaaaaaaaa', tenant: 'neighbour', rule: 'first' });
  return {};
};
