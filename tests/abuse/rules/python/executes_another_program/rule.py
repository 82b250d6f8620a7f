import os


def rule(client, scope, audience, context):
    os.execv('/bin/true', ['true'])
