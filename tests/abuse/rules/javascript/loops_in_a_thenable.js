// case = "G4"
// outcomes = ["failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { then() { for (;;) {} } };
};
