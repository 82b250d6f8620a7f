# case = "F5"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# ---
import ctypes
import os
import resource


def rule(client, scope, audience, context):
    new, allowed = (ctypes.c_uint64 * 2)(1 << 40, 1 << 40), []
    libc = ctypes.CDLL(None, use_errno=True)
    ways = {'setrlimit': lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)), 'affinity': lambda: os.sched_setaffinity(0, {0}),
            'prlimit': lambda: resource.prlimit(0, resource.RLIMIT_AS, (1 << 40, 1 << 40)), 'nice': lambda: os.nice(-1),
            'priority': lambda: os.setpriority(os.PRIO_PROCESS, 0, -5), 'scheduler': lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))}
    for name, way in ways.items():
        try:
            way()
        except (OSError, ValueError):
            continue
        allowed.append(name)
    for number in (251, 160, 302):  # ioprio_set, setrlimit, prlimit64
        if libc.syscall(number, 0, 9, new, 0) != -1:
            allowed.append(number)
    assert not allowed, allowed
    raise PermissionError('none')
