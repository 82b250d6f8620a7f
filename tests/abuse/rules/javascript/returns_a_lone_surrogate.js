// case = "M7"
// outcomes = ["failed:bad_result", "granted"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { 'https://rule.test/a': '\ud800' };
};
