# case = "I5"
# outcomes = ["granted"]
# ---
import os


def rule(client, scope, audience, context):
    os.write(1, b'raw\n')
    os.write(2, b'raw\n')
    return {}
