# case = "B5"
# outcomes = ["granted"]
# ---
import os


def rule(client, scope, audience, context):
    return {'a': dict(os.environ)}
