# case = "F9"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# machine = "x86_64"
# ---
import ctypes
import mmap


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    page = libc.mmap(None, 4096, 3, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    assert page not in (None, 2**64 - 1)
    for name, result in {'mprotect': libc.mprotect(ctypes.c_void_p(page), 4096, 5),
                         'pkey_mprotect': libc.syscall(329, ctypes.c_void_p(page), 4096, 7, -1),
                         'memfd_secret': libc.syscall(447, 0)}.items():
        assert result == -1, name
    raise PermissionError('none')
