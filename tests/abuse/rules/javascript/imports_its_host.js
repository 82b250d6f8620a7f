// case = "L6"
// outcomes = ["granted"]
// log = "through the host"
// ---
module.exports = async (client, scope, audience, context) => {
  // Its host's own files are public, and what they can do a rule can do as well: no more than harm itself.
  const channel = await import('./channel.js');
  channel.writeFrames({ t: 'line', level: 'info', text: 'through the host', invocation: 'exc_000000000000aaaaaaaaaaaaaaaa', tenant: 'neighbour' });
  return { scope };
};
