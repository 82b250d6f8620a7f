// case = "G5"
// outcomes = ["failed:timeout"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: /^(a+)+$/.test('a'.repeat(64) + 'b') };
};
