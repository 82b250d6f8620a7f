# case = "C11"
# outcomes = ["failed:exception"]
# ---
import socket


def rule(client, scope, audience, context):
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', CANARY_PORT))
