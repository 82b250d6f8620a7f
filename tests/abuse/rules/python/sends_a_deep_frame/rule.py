import os


def rule(client, scope, audience, context):
    body = b'[' * 100_000
    os.write(3, len(body).to_bytes(4, 'big') + body)
    while True:
        pass
