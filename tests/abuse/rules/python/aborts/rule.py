import os


def rule(client, scope, audience, context):
    os.abort()
