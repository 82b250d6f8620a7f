# case = "J3"
# outcomes = ["failed:timeout"]
# ---
import os
import time


def rule(client, scope, audience, context):
    os.write(4, b'\0\0\1\0{"t":"returned"')
    time.sleep(60)
