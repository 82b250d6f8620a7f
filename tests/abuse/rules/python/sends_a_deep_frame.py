# case = "J12"
# outcomes = ["failed:crashed"]
# ---
import os


def rule(client, scope, audience, context):
    body = b'[' * 100_000
    os.write(4, len(body).to_bytes(4, 'big') + body)
    while True:
        pass
