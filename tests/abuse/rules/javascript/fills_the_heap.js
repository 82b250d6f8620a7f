// case = "H1"
// outcomes = ["failed:out_of_memory"]
// timeout_s = 8
// ---
module.exports = async (client, scope, audience, context) => {
  const a = [];
  for (;;) a.push(new Array(10000).fill(Math.random()));
};
