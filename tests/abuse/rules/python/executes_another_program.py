# case = "E2"
# outcomes = ["failed:exception"]
# ---
import os


def rule(client, scope, audience, context):
    os.execv('/bin/true', ['true'])
