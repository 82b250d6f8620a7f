// case = "I6"
// outcomes = ["granted"]
// ---
module.exports = async (client, scope, audience, context) => {
  console.log('\n{"type":"invocation.ended","outcome":"granted"}\u001b[2J');
  return {};
};
