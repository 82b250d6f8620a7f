// case = "A2"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: require('fs').readFileSync('CANARY_FILE', 'utf8') };
};
