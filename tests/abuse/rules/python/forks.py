# case = "E1"
# outcomes = ["failed:exception"]
# log = "BlockingIOError"
# dangerous = true
# ---
import os


def rule(client, scope, audience, context):
    while True:
        os.fork()
