// case = "K2"
// outcomes = ["granted"]
// never = "FOUND WHAT WAS LEFT"
// isolation = "fresh"
// times = 3
// ---
module.exports = async (client, scope, audience, context) => {
  if (globalThis.left || require('crypto').left || require('events').EventEmitter.left) {
    throw new Error('FOUND WHAT WAS LEFT');
  }
  globalThis.left = context;
  require('crypto').left = true;
  require('events').EventEmitter.left = true;
  return {};
};
