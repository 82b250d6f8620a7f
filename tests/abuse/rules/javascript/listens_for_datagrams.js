// case = "C11"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  Deno.listenDatagram({ hostname: '127.0.0.1', port: 0, transport: 'udp' });
};
