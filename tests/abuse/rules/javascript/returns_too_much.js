// case = "M7"
// outcomes = ["failed:bad_result"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { 'https://rule.test/a': 'x'.repeat(40_000) };
};
