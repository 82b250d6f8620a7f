# case = "G5"
# outcomes = ["failed:timeout"]
# ---
import re


def rule(client, scope, audience, context):
    return {'a': bool(re.match('(a+)+$', 'a' * 64 + 'b'))}
