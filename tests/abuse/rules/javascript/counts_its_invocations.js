// case = "K4"
// outcomes = ["granted"]
// never = "FOUND WHAT WAS LEFT"
// isolation = "fresh"
// times = 3
// ---
let invocations = 0;
const kept = [];

module.exports = async (client, scope, audience, context) => {
  invocations += 1;
  kept.push(context);
  if (invocations > 1 || kept.length > 1) throw new Error('FOUND WHAT WAS LEFT');
  return {};
};
