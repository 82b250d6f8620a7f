// case = "C6"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  await new Promise((resolve, reject) => {
    const socket = require('net').connect({ path: '\0CANARY_ABSTRACT' });
    socket.on('connect', resolve);
    socket.on('error', reject);
  });
};
