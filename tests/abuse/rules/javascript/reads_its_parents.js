// case = "B3"
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  for (const pid of [Deno.ppid, 1, 'self']) {
    for (const name of ['environ', 'mem', 'maps', 'cmdline']) {
      try {
        return { a: Deno.readTextFileSync(`/proc/${pid}/${name}`) };
      } catch {
        // as it should
      }
    }
  }
  throw new Error('none of them');
};
