# case = "C4"
# outcomes = ["failed:exception"]
# ---
import socket


def rule(client, scope, audience, context):
    socket.socket(socket.AF_UNIX).connect('CANARY_SOCKET')
