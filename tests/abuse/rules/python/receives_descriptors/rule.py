import socket


def rule(client, scope, audience, context):
    received = []
    for number in (0, 1, 2, 3):
        try:
            channel = socket.socket(fileno=number)
        except OSError:
            continue
        try:
            received += socket.recv_fds(channel, 1, 8, socket.MSG_DONTWAIT)[1]
        except OSError:
            pass
        channel.detach()
    assert not received, received
    raise PermissionError('nothing to receive')
