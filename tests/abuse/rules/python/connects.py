# case = "C1"
# outcomes = ["failed:exception"]
# ---
import _socket


def rule(client, scope, audience, context):
    connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
    connection.settimeout(1)
    connection.connect(('127.0.0.1', CANARY_PORT))
