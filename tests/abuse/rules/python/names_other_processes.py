# case = "E13"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# ---
import ctypes
import os

CALLS = {'kill': 62, 'tkill': 200, 'pidfd_open': 434, 'getsid': 124, 'getpgid': 121, 'get_robust_list': 274, 'ioprio_get': 252,
         'sched_getscheduler': 145, 'sched_getparam': 143, 'sched_getaffinity': 204, 'sched_getattr': 315, 'getpriority': 140,
         'prlimit64': 302, 'kcmp': 312, 'clock_gettime': 228, 'clock_getres': 229, 'timer_create': 222, 'wait4': 61}


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    room = ctypes.create_string_buffer(256)
    told = []
    for pid in (os.getppid(), 1, os.getpid() - 1, os.getpid() + 1):
        arguments = {'kill': (pid, 0), 'tkill': (pid, 0), 'pidfd_open': (pid, 0), 'getsid': (pid,), 'getpgid': (pid,),
                     'get_robust_list': (pid, room, room), 'ioprio_get': (1, pid), 'sched_getscheduler': (pid,),
                     'sched_getparam': (pid, room), 'sched_getaffinity': (pid, 128, room), 'sched_getattr': (pid, room, 56, 0),
                     'getpriority': (0, pid), 'prlimit64': (pid, 7, None, room), 'kcmp': (pid, os.getpid(), 1, 0, 0),
                     'clock_gettime': (~pid << 3 | 2, room), 'clock_getres': (~pid << 3 | 2, room),
                     'timer_create': (~pid << 3 | 2, None, room), 'wait4': (pid, None, 1, room)}
        for name, number in CALLS.items():
            ctypes.set_errno(0)
            wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments[name]]
            result = libc.syscall(ctypes.c_long(number), *wide)
            if pid and (result != -1 or ctypes.get_errno() not in (1, 22, 38)):  # ESRCH would tell that there is none
                told.append((name, pid, result, ctypes.get_errno()))
    assert not told, told
    raise PermissionError('none')
