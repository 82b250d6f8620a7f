# case = "E5"
# outcomes = ["failed:exception"]
# log = "PermissionError: none"
# dangerous = true
# ---
import os


def rule(client, scope, audience, context):
    refused = 0
    for target in (os.getppid(), 1, -1, 0):
        try:
            os.kill(target, 9)
        except OSError:
            refused += 1
    assert refused == 4, refused
    raise PermissionError('none')
