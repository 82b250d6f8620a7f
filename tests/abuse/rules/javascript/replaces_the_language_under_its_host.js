// case = "J7"
// outcomes = ["granted", "failed:exception", "failed:timeout", "failed:crashed", "failed:bad_result"]
// times = 2
// ---
module.exports = async (client, scope, audience, context) => {
  JSON.stringify = () => 'HACKED';
  JSON.parse = () => ({ t: 'run', n: 1 });
  Promise.prototype.then = () => {};
  Map.prototype.get = () => 'HACKED';
  Array.prototype[Symbol.iterator] = function* () {};
  Uint8Array.prototype.subarray = function () { return this; };
  DataView.prototype.setUint32 = () => {};
  Object.prototype.t = 'returned';
  return { a: 1 };
};
