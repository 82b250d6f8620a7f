# case = "G6"
# outcomes = ["failed:timeout"]
# ---
import time


def rule(client, scope, audience, context):
    time.sleep(60)
