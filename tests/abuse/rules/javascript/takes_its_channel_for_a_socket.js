// case = "J8"
// outcomes = ["failed:exception", "failed:crashed", "failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  const { Socket } = require('net');
  for (const fd of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    try {
      const socket = new Socket({ fd });
      socket.on('error', () => {});
      socket.write('GARBAGE-GARBAGE-GARBAGE');
    } catch {
      // as it should
    }
  }
  await new Promise(() => {});
};
