# case = "E16"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import ctypes
import _socket as socket

CREDENTIALS, SECURITY, GROUPS, PROCESS = 17, 31, 59, 77


def rule(client, scope, audience, context):
    libc = ctypes.CDLL(None, use_errno=True)
    told = []
    for descriptor in range(8):
        for option in (CREDENTIALS, SECURITY, GROUPS, PROCESS):
            room, size = ctypes.create_string_buffer(64), ctypes.c_uint32(64)
            ctypes.set_errno(0)
            if libc.getsockopt(descriptor, 1, option, room, ctypes.byref(size)) != -1 or ctypes.get_errno() != 1:
                told.append((descriptor, option))
    one, other = socket.socketpair()
    for name, send in {'a descriptor': lambda: one.sendmsg([b'x'], [(1, 1, b'\1\0\0\0')]),
                       'credentials': lambda: one.sendmsg([b'x'], [(1, 2, bytes(12))]), 'out of band': lambda: one.send(b'x', 1)}.items():
        try:
            send()
        except PermissionError:
            continue
        told.append(name)
    assert not told, told
    raise PermissionError('none')
