// case = "E14"
// outcomes = ["failed:exception"]
// log = "all of them refused"
// dangerous = true
// ---
module.exports = async (client, scope, audience, context) => {
  const os = process.getBuiltinModule('os');
  const done = [];
  const ways = {
    priority: () => os.getPriority(process.ppid || 1), lower: () => os.setPriority(process.ppid || 1, 19), own: () => os.setPriority(0, 19),
    group: () => process.setgid(0), user: () => process.setuid(0), signal: () => process.kill(process.ppid || 1, 0), all: () => process.kill(-1, 0),
    raw: () => Deno.stdin.setRaw(true),
    listener: () => Deno.addSignalListener('SIGKILL', () => {}),
  };
  for (const [name, way] of Object.entries(ways)) {
    try {
      way();
    } catch {
      continue;
    }
    done.push(name);
  }
  if (done.length > 0) return { done };
  throw new Error('all of them refused');
};
