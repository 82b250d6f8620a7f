# case = "C12"
# outcomes = ["failed:exception"]
# dangerous = true
# ---
import _socket as socket


def rule(client, scope, audience, context):
    return {'a': socket.getaddrinfo('example.com', 443)}
