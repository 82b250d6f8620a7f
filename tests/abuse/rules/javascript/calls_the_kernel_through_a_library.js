// case = "F1 F2 F3 F4 F5 F7"
// outcomes = ["failed:exception"]
// machine = "x86_64"
// dangerous = true
//
// [with_permissions]
// outcomes = ["failed:exception"]
// log = "none of them"
// ---
module.exports = async (client, scope, audience, context) => {
  const calls = {
    unshare: 272, mount: 165, pivot_root: 155, chroot: 161, bpf: 321, perf_event_open: 298, userfaultfd: 323, keyctl: 250, add_key: 248,
    init_module: 175, iopl: 172, syslog: 103, seccomp: 317, setuid: 105, setgroups: 116, capset: 126, personality: 135, setrlimit: 160,
    sched_setaffinity: 203, shmget: 29, msgget: 68, semget: 64, mq_open: 240, ptrace: 101, process_vm_readv: 310, pidfd_open: 434,
    pidfd_getfd: 438, socket: 41, splice: 275, io_uring_setup: 425, clone3: 435, landlock_create_ruleset: 444, kcmp: 312, vfork: 58,
  };
  const { symbols } = Deno.dlopen('libc.so.6', {
    syscall: { parameters: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'], result: 'i64' },
  });
  const allowed = Object.entries(calls).filter(([, number]) => symbols.syscall(BigInt(number), 0n, 0n, 0n, 0n, 0n, 0n) !== -1n);
  if (allowed.length > 0) return { allowed };
  throw new Error('none of them');
};
