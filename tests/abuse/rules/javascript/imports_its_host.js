// case = "L6"
// outcomes = ["failed:exception"]
// log = "a rule is one file"
// ---
module.exports = async (client, scope, audience, context) => {
  // Its host's own files are public, and what they can do a rule can do as well. All the same they are not for it.
  const channel = await import('./channel.js');
  channel.writeFrames({ t: 'line', level: 'info', text: 'through the host', invocation: 'exc_000000000000aaaaaaaaaaaaaaaa', tenant: 'neighbour' });
  return { scope };
};
