import socket


def rule(client, scope, audience, context):
    socket.create_connection(('127.0.0.1', CANARY_PORT), 1)
