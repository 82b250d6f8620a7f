// case = "I3"
// outcomes = ["failed:output_flood"]
// timeout_s = 8
// ---
module.exports = async (client, scope, audience, context) => {
  for (;;) console.log('x'.repeat(1_000_000));
};
