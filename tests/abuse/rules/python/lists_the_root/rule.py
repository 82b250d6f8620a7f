import os


def rule(client, scope, audience, context):
    return {'a': os.listdir('/')}
