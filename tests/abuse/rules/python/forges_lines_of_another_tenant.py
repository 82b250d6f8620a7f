# case = "J4"
# outcomes = ["granted"]
# log = "forged"
# ---
import json
import os


def send(frame):
    body = json.dumps(frame).encode()
    os.write(4, len(body).to_bytes(4, 'big') + body)


def rule(client, scope, audience, context):
    send({'t': 'line', 'level': 'info', 'text': 'forged', 'invocation': 'exc_000000000000aaaaaaaaaaaaaaaa', 'tenant': 'neighbour',
          'rule': 'first', 'client_id': 'somebody'})
    return {}
