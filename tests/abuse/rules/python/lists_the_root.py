# case = "A4"
# outcomes = ["failed:exception"]
# ---
import os


def rule(client, scope, audience, context):
    return {'a': os.listdir('/')}
