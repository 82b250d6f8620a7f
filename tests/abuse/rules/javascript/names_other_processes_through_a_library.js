// case = "E13"
// outcomes = ["failed:exception"]
// machine = "x86_64"
// dangerous = true
//
// [with_permissions]
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  const { symbols } = Deno.dlopen('libc.so.6', {
    syscall: { parameters: ['i64', 'i64', 'i64', 'i64', 'buffer', 'i64', 'i64'], result: 'i64' },
  });
  const room = new Uint8Array(256);
  const call = (number, first, second = 0n, third = 0n) => symbols.syscall(BigInt(number), first, second, third, room, 0n, 0n);
  const own = BigInt(Deno.pid);
  const told = [];
  for (const pid of [BigInt(Deno.ppid), 1n, own + 100000n]) {
    if (pid === 0n) continue;
    const calls = {
      kill: () => call(62, pid), tkill: () => call(200, pid), tgkill: () => call(234, pid, pid), pidfd_open: () => call(434, pid),
      getsid: () => call(124, pid), getpgid: () => call(121, pid), getpriority: () => call(140, 0n, pid), ioprio_get: () => call(252, 1n, pid),
      prlimit64: () => call(302, pid, 7n), setpriority: () => call(141, 0n, pid, 19n), setpgid: () => call(109, 0n, pid),
      timer_create: () => call(222, (~pid << 3n) | 2n), rt_sigqueueinfo: () => call(129, pid), kcmp: () => call(312, pid, own, 1n),
      F_SETOWN: () => call(72, 0n, 8n, pid), F_SETSIG: () => call(72, 0n, 10n, 9n), O_ASYNC: () => call(72, 0n, 4n, 0x2000n),
      F_NOTIFY: () => call(72, 0n, 1026n, 2n), F_SETLEASE: () => call(72, 0n, 1024n), F_GETLK: () => call(72, 0n, 5n),
    };
    for (const [name, attempt] of Object.entries(calls)) if (attempt() !== -1n) told.push(name);
  }
  if (told.length > 0) return { told };
  throw new Error('none of them');
};
