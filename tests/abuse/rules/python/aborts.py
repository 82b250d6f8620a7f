# case = "M1"
# outcomes = ["failed:crashed"]
# ---
import os


def rule(client, scope, audience, context):
    os.abort()
