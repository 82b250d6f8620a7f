// case = "E5"
// outcomes = ["failed:exception"]
// log = "all of them refused"
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  const process = require('process');
  let refused = 0;
  const ways = [
    () => Deno.kill(Deno.ppid, 'SIGKILL'), () => process.kill(Deno.ppid, 0), () => process.kill(process.ppid, 'SIGTERM'), () => Deno.kill(1, 'SIGCONT'),
  ];
  for (const way of ways) {
    try {
      way();
    } catch {
      refused++;
    }
  }
  if (refused !== ways.length) return { sent: ways.length - refused };
  throw new Error('all of them refused');
};
