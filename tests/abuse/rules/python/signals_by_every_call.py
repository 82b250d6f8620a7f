# case = "E5"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# dangerous = true
# ---
import ctypes
import os
import signal


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    information = ctypes.create_string_buffer(128)
    calls = {'kill': lambda: libc.syscall(62, parent, 0), 'kill all': lambda: libc.syscall(62, -1, 18),
             'killpg': lambda: libc.killpg(0, 18), 'tkill': lambda: libc.syscall(200, parent, 18),
             'tgkill': lambda: libc.syscall(234, parent, parent, 18), 'pidfd_open': lambda: libc.syscall(434, parent, 0),
             'rt_sigqueueinfo': lambda: libc.syscall(129, parent, 18, information),
             'rt_tgsigqueueinfo': lambda: libc.syscall(297, parent, parent, 18, information),
             'pidfd_send_signal': lambda: libc.syscall(424, 0, 18, 0, 0),
             'own death signal': lambda: libc.prctl(1, signal.SIGCONT, 0, 0, 0)}
    sent = [name for name, call in calls.items() if call() != -1]
    assert not sent, sent
    raise PermissionError('none')
