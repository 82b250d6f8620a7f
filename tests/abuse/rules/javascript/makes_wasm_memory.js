// case = "H3"
// outcomes = ["failed:exception"]
// log = "WebAssembly"
// ---
module.exports = async (client, scope, audience, context) => {
  const a = [];
  for (;;) a.push(new WebAssembly.Memory({ initial: 1000 }));
};
