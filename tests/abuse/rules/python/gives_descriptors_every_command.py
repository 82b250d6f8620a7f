# case = "F11"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# ---
import fcntl
import os
import _socket as socket

HARMLESS = {0, 1, 2, 3, 4, 1030}
ASKED = {0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451}


def rule(client, scope, audience, context):
    one, other = socket.socketpair()
    reading, writing = os.pipe()
    folder = os.open(os.path.dirname(os.__file__), os.O_RDONLY)
    done = []
    for descriptor in (one.fileno(), reading, writing, folder):
        for command in {*range(64), *range(1024, 1064)} - HARMLESS:
            try:
                fcntl.fcntl(descriptor, command, 0)
            except OSError as error:
                if error.errno == 1:
                    continue
            done.append(('fcntl', descriptor, command))
        for command in {*range(0x5400, 0x5460), *range(0x8900, 0x8990), 0x40045436, 0xB701, 0xB702, 0xFF0B} - ASKED:
            try:
                fcntl.ioctl(descriptor, command, bytes(64))
            except OSError as error:
                if error.errno == 1:
                    continue
            done.append(('ioctl', descriptor, command))
    assert not done, done
    raise PermissionError('none')
