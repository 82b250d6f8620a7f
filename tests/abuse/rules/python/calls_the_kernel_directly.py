# case = "F1 F2 F3 F4 F5 F7"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# dangerous = true
# ---
import ctypes


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    calls = {'unshare': 272, 'mount': 165, 'pivot_root': 155, 'chroot': 161, 'bpf': 321, 'perf_event_open': 298,
             'userfaultfd': 323, 'keyctl': 250, 'add_key': 248, 'kexec_load': 246, 'init_module': 175, 'iopl': 172,
             'reboot': 169, 'syslog': 103, 'seccomp': 317, 'setuid': 105, 'setgroups': 116, 'capset': 126,
             'personality': 135, 'setrlimit': 160, 'sched_setaffinity': 203, 'setpriority': 141, 'shmget': 29,
             'msgget': 68, 'semget': 64, 'mq_open': 240, 'ptrace': 101, 'process_vm_readv': 310, 'pidfd_open': 434,
             'pidfd_getfd': 438, 'socket': 41, 'memfd_create': 319, 'splice': 275, 'inotify_init1': 294,
             'io_uring_setup': 425, 'clone3': 435, 'openat2': 437, 'landlock_create_ruleset': 444, 'kcmp': 312,
             'name_to_handle_at': 303, 'fanotify_init': 300, 'execveat': 322, 'vfork': 58}
    allowed = []
    for name, number in calls.items():
        ctypes.set_errno(0)
        result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
        if result != -1 or ctypes.get_errno() not in (1, 38, 11):
            allowed.append((name, result, ctypes.get_errno()))
    assert not allowed, allowed
    raise PermissionError('none')
