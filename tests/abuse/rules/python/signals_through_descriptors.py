# case = "E5"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# dangerous = true
# ---
import fcntl
import os
import _socket as socket
import struct


def rule(client, scope, audience, context):
    one, other = socket.socketpair()
    owners = {}
    for pid in (os.getppid(), 1, os.getpid(), -1):
        number, owner = struct.pack('i', pid), struct.pack('ii', 1, pid)
        owners |= {('F_SETOWN', pid): lambda pid=pid: fcntl.fcntl(one, 8, pid),
                   ('F_SETOWN_EX', pid): lambda owner=owner: fcntl.fcntl(one, 15, owner),
                   ('FIOSETOWN', pid): lambda number=number: fcntl.ioctl(one, 0x8901, number),
                   ('SIOCSPGRP', pid): lambda number=number: fcntl.ioctl(one, 0x8902, number)}
    sends = {'F_SETSIG': lambda: fcntl.fcntl(one, 10, 9), 'O_ASYNC': lambda: fcntl.fcntl(one, 4, os.O_ASYNC | os.O_NONBLOCK),
             'FIOASYNC': lambda: fcntl.ioctl(one, 0x5452, struct.pack('i', 1))}
    done = []
    for name, call in {**owners, **sends}.items():
        try:
            call()
        except OSError:
            continue
        done.append(name)
    other.send(b'x')
    assert not done, done
    raise PermissionError('none')
