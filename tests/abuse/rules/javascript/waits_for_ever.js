// case = "G6"
// outcomes = ["failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  await new Promise((ok) => setTimeout(ok, 1e6));
};
