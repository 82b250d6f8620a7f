// case = "B2"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: require('fs').readFileSync('/proc/self/environ', 'utf8') };
};
