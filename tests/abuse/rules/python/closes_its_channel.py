# case = "M1"
# outcomes = ["failed:crashed"]
# ---
import os


def rule(client, scope, audience, context):
    os.close(3)
    os.closerange(0, 64)
    return {}
