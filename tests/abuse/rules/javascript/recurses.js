// case = "H9"
// outcomes = ["failed:exception"]
// log = "RangeError"
// ---
module.exports = async (client, scope, audience, context) => {
  const f = () => f();
  f();
};
