# case = "H12"
# outcomes = ["failed:exception"]
# log = "Too many open files"
# ---
import os


def rule(client, scope, audience, context):
    for _ in range(10_000):
        os.dup(0)
