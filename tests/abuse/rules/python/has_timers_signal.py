# case = "E15"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# ---
import ctypes
import os
import struct

CREATE = 222


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    made = []
    for tid in (os.getpid(), os.getppid(), 1):
        for notify in (0, 1, 4):  # a signal, none, one to the thread of that number
            event = struct.pack('QiiI', 0, 9, notify, tid).ljust(64, b'\0')
            if libc.syscall(CREATE, 1, event, ctypes.create_string_buffer(8)) != -1:
                made.append((tid, notify))
    assert not made, made
    raise PermissionError('none')
