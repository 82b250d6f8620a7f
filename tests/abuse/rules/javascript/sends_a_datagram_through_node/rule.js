module.exports = async (client, scope, audience, context) => {
  await new Promise((resolve, reject) => {
    const socket = require('dgram').createSocket('udp4');
    socket.on('error', reject);
    socket.send('x', CANARY_PORT, '127.0.0.1', (error) => error ? reject(error) : resolve());
  });
};
