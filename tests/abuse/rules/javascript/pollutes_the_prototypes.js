// case = "K3"
// outcomes = ["granted"]
// never = "FOUND WHAT WAS LEFT"
// isolation = "fresh"
// times = 3
// ---
module.exports = async (client, scope, audience, context) => {
  if ({}.left || [].left || ''.left || (() => {}).left || Promise.resolve().left) {
    throw new Error('FOUND WHAT WAS LEFT');
  }
  for (const kind of [Object, Array, String, Function, Promise]) kind.prototype.left = true;
  return {};
};
