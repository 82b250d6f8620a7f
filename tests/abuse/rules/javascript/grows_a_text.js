// case = "H2"
// outcomes = ["failed:out_of_memory"]
// timeout_s = 8
// ---
module.exports = async (client, scope, audience, context) => {
  let text = 'x';
  const kept = [];
  for (;;) {
    text += text;
    kept.push(`${text}${kept.length}`.split('').reverse());
  }
};
