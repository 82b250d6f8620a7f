// case = "J8"
// outcomes = ["failed:timeout"]
// timeout_s = 1
// ---
module.exports = async (client, scope, audience, context) => {
  const never = () => 0;
  Date.now = Performance.prototype.now = Temporal.Now.instant = Math.random = never;
  globalThis.Date = class { static now() { return 0; } };
  globalThis.setTimeout = globalThis.clearTimeout = globalThis.queueMicrotask = never;
  Math.max = Math.floor = never;
  Crypto.prototype.getRandomValues = (array) => array;
  Uint8Array.prototype.set = Uint8Array.fromBase64 = never;
  while (Date.now() < 1) performance.now();
  return { never: 'answered' };
};
