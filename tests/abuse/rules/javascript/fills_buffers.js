// case = "H2"
// outcomes = ["failed:exception"]
// timeout_s = 8
// log = "RangeError"
// ---
module.exports = async (client, scope, audience, context) => {
  const a = [];
  for (;;) a.push(new Uint8Array(50e6).fill(1));
};
