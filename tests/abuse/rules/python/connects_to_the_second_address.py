# case = "C1"
# outcomes = ["failed:exception"]
# log = "none of them"
# ---
import socket


def rule(client, scope, audience, context):
    for family, address in ((2, '127.0.0.2'), (10, '::1'), (2, '0.0.0.0'), (2, '127.1')):
        try:
            socket.socket(family).connect((address, CANARY_PORT))
            return {'connected': address}
        except OSError:
            pass
    raise PermissionError('none of them')
