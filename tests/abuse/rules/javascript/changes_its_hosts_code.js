// case = "L2"
// outcomes = ["failed:exception", "failed:crashed", "granted"]
// ---
module.exports = async (client, scope, audience, context) => {
  for (const name of Reflect.ownKeys(globalThis)) {
    try {
      globalThis[name] = undefined;
    } catch {
      // cannot be changed
    }
  }
  return {};
};
