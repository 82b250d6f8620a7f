# case = "F9"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import ctypes
import mmap
import os

READ_WRITE_EXECUTE, WRITE_EXECUTE = 7, 6


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    file, null = os.open(os.__file__, os.O_RDONLY), os.open('/dev/null', os.O_RDWR)
    mapped = []
    for descriptor in (file, null):
        for flags in (mmap.MAP_PRIVATE, mmap.MAP_SHARED, 3, mmap.MAP_PRIVATE | 0x2000):
            for protection in (READ_WRITE_EXECUTE, WRITE_EXECUTE):
                ctypes.set_errno(0)
                at = libc.mmap(None, 4096, protection, flags, descriptor, 0)
                if at not in (None, 2**64 - 1) or ctypes.get_errno() != 1:
                    mapped.append((descriptor, flags, protection, ctypes.get_errno()))
    page = libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE, file, 0)
    assert page not in (None, 2**64 - 1)
    ctypes.memset(page, 0xC3, 1)
    if libc.mprotect(ctypes.c_void_p(page), 4096, mmap.PROT_READ | mmap.PROT_EXEC) != -1:
        mapped.append('what was written to')
    assert not mapped, mapped
    raise PermissionError('none')
