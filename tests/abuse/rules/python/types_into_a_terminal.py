# case = "F10"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import fcntl


def rule(client, scope, audience, context):
    for descriptor in range(8):
        for request in (0x5412, 0x541C):  # TIOCSTI, TIOCLINUX
            try:
                fcntl.ioctl(descriptor, request, b'x')
            except OSError:
                continue
            return {'typed': descriptor}
    raise PermissionError('none')
