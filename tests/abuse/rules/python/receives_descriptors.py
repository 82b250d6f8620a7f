# case = "C15"
# outcomes = ["failed:exception"]
# log = "nothing to receive"
# ---
import socket


def rule(client, scope, audience, context):
    received = []
    for number in (0, 1, 2, 3):
        try:
            channel = socket.socket(fileno=number)
        except OSError:
            continue
        try:
            received += channel.recvmsg(1, socket.CMSG_SPACE(64), socket.MSG_DONTWAIT)[1]
        except OSError:
            pass
        channel.detach()
    assert not received, received
    raise PermissionError('nothing to receive')
