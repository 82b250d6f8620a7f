// case = "M2"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  require('process').abort();
};
