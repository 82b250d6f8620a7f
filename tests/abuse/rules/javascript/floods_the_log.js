// case = "I2"
// outcomes = ["failed:timeout", "failed:output_flood"]
// ---
module.exports = async (client, scope, audience, context) => {
  for (;;) console.log('x'.repeat(200));
};
