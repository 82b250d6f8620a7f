import sys


def rule(client, scope, audience, context):
    sys.exit(3)
