// case = "M7"
// outcomes = ["failed:bad_result"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { 'https://rule.test/a': 1n };
};
