# case = "J4"
# outcomes = ["failed:crashed"]
# ---
import json
import os


def send(frame):
    body = json.dumps(frame).encode()
    os.write(4, len(body).to_bytes(4, 'big') + body)


def rule(client, scope, audience, context):
    send({'t': 'returned', 'n': 999_999, 'form': 'own', 'value': '{"FORGED":true}'})
    while True:
        pass
