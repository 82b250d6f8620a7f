// case = "E11"
// outcomes = ["failed:exception"]
// log = "none of them"
// never = "FORGED LINE"
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  const own = Deno.pid;
  for (let pid = Math.max(1, own - 100); pid < own + 100; pid++) {
    if (pid === own) continue;
    for (let number = 0; number < 8; number++) {
      try {
        Deno.openSync(`/proc/${pid}/fd/${number}`, { write: true }).writeSync(new TextEncoder().encode('FORGED LINE'));
        return { opened: pid };
      } catch {
        // as it should
      }
    }
  }
  throw new Error('none of them');
};
