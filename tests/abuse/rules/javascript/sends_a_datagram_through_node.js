// case = "C11"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  await new Promise((resolve, reject) => {
    const socket = new (require('dgram').Socket)('udp4'); // createSocket refuses before the sandbox has to
    socket.on('error', reject);
    socket.send('x', CANARY_PORT, '127.0.0.1', (error) => error ? reject(error) : resolve());
  });
};
