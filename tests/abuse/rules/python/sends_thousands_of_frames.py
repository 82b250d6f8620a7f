# case = "J11"
# outcomes = ["failed:crashed", "failed:output_flood"]
# ---
import json
import os


def send(frame):
    body = json.dumps(frame).encode()
    os.write(4, len(body).to_bytes(4, 'big') + body)


def rule(client, scope, audience, context):
    while True:
        send({'t': 'idle', 'n': 1})
        send({'t': 'ready'})
