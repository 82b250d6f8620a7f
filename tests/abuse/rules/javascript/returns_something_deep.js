// case = "M7"
// outcomes = ["failed:bad_result"]
// ---
module.exports = async (client, scope, audience, context) => {
  let a = {};
  for (let i = 0; i < 30; i++) a = { a };
  return { 'https://rule.test/a': a };
};
