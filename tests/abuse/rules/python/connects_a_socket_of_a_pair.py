# case = "C8"
# outcomes = ["failed:exception"]
# ---
import socket


def rule(client, scope, audience, context):
    a, b = socket.socketpair()
    a.sendto(b'x', 'CANARY_SOCKET')
