// case = "A19"
// outcomes = ["failed:exception"]
// log = "none of them"
//
// [with_permissions]
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  for (let number = 0; number < 64; number++) {
    try {
      Deno.openSync(`/proc/self/fd/${number}`);
      return { opened: number };
    } catch {
      // as it should
    }
  }
  throw new Error('none of them');
};
