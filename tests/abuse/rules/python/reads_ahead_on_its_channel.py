# case = "J10"
# outcomes = ["failed:timeout", "failed:crashed"]
# ---
import os


def rule(client, scope, audience, context, cb):
    cb(None, {})
    return {'read': str(os.read(3, 65536))}
