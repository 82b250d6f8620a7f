// case = "L1"
// outcomes = ["failed:exception"]
// ---
module.exports = async (client, scope, audience, context) => {
  const escaped = this?.constructor?.constructor ?? (() => {}).constructor;
  const outer = escaped('return globalThis')();
  return { a: outer.Deno.readTextFileSync('CANARY_FILE') };
};
