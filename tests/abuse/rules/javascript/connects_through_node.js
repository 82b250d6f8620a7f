// case = "C2"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  await new Promise((resolve, reject) => {
    const socket = require('net').connect(CANARY_PORT, '127.0.0.1');
    socket.on('connect', resolve);
    socket.on('error', reject);
  });
};
