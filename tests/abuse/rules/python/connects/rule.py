import socket


def rule(client, scope, audience, context):
    connection = socket.socket()
    connection.settimeout(1)
    connection.connect(('127.0.0.1', CANARY_PORT))
