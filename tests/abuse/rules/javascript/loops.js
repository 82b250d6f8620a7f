// case = "G1"
// outcomes = ["failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  for (;;) {}
};
