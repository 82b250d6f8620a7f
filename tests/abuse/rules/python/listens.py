# case = "C13"
# outcomes = ["failed:exception"]
# ---
import socket


def rule(client, scope, audience, context):
    socket.create_server(('127.0.0.1', 0))
