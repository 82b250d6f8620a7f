// case = "A12"
// outcomes = ["failed:exception"]
// log = "none of them"
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  for (const path of ['/dev/mem', '/dev/kmsg', '/dev/kvm', '/dev/tty', '/dev/shm/x', '/proc/self/mem', '/proc/kcore']) {
    try {
      Deno.openSync(path, { read: true, write: true });
      return { opened: path };
    } catch {
      // as it should
    }
  }
  throw new Error('none of them');
};
