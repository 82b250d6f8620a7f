// case = "C3"
// outcomes = ["failed:exception"]
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  return { a: await (await fetch('http://169.254.169.254/latest/meta-data')).text() };
};
