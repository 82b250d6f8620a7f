# case = "M1"
# outcomes = ["failed:exception"]
# log = "SystemExit"
# ---
import sys


def rule(client, scope, audience, context):
    sys.exit(3)
