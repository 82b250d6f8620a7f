// case = "M7"
// outcomes = ["failed:bad_result"]
// ---
module.exports = async (client, scope, audience, context) => {
  const a = {};
  a.a = a;
  return a;
};
