// case = "H2"
// outcomes = ["failed:exception", "failed:out_of_memory"]
// timeout_s = 8
// ---
module.exports = async (client, scope, audience, context) => {
  const a = [];
  for (;;) a.push(new Uint8Array(50e6).fill(1));
};
