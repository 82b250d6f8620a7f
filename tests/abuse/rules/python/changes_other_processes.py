# case = "E14"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# dangerous = true
# ---
import ctypes
import os

WORDS = {'setpriority': 141, 'ioprio_set': 251, 'sched_setscheduler': 144, 'sched_setparam': 142, 'sched_setaffinity': 203,
         'sched_setattr': 314, 'migrate_pages': 256, 'move_pages': 279, 'process_vm_readv': 310, 'process_vm_writev': 311,
         'process_madvise': 440, 'process_mrelease': 448, 'setpgid': 109, 'perf_event_open': 298, 'ptrace': 101}
THREAD_OF_ANOTHER = 1


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    room, long_ago = ctypes.create_string_buffer(256), ctypes.create_string_buffer(b'\1' + bytes(15))
    changed = []
    for pid in (os.getppid(), 1, os.getpid()):
        arguments = {'setpriority': (0, pid, 19), 'ioprio_set': (1, pid, 2 << 13 | 4), 'sched_setscheduler': (pid, 3, room),
                     'sched_setparam': (pid, room), 'sched_setaffinity': (pid, 8, b'\1' + bytes(7)), 'sched_setattr': (pid, room, 0),
                     'migrate_pages': (pid, 2, b'\1' * 8, b'\1' * 8), 'move_pages': (pid, 0, None, None, None, 0),
                     'process_vm_readv': (pid, None, 0, None, 0, 0), 'process_vm_writev': (pid, None, 0, None, 0, 0),
                     'process_madvise': (0, room, 0, 4, 0), 'process_mrelease': (0, 0), 'setpgid': (0, pid),
                     'perf_event_open': (room, pid, -1, -1, 0), 'ptrace': (0x4206, pid, 0, 0)}
        for name, number in WORDS.items():
            ctypes.set_errno(0)
            wide = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments[name]]
            if libc.syscall(ctypes.c_long(number), *wide) != -1 or ctypes.get_errno() != 1:
                changed.append((name, pid, ctypes.get_errno()))
    for operation in (6, 8, 11, 13, 6 | 128, 13 | 128):  # locks that lend priority to whom their word names
        word = ctypes.c_uint32(THREAD_OF_ANOTHER)
        ctypes.set_errno(0)
        result = libc.syscall(202, ctypes.byref(word), operation, 0, long_ago, ctypes.byref(word), 0)
        if result != -1 or ctypes.get_errno() != 38:
            changed.append(('futex', operation, ctypes.get_errno()))
    assert not changed, changed
    raise PermissionError('none')
