# case = "J2"
# outcomes = ["failed:crashed"]
# ---
import os


def rule(client, scope, audience, context):
    for number in range(3, 32):
        try:
            os.write(number, b'\xff' * 64)
        except OSError:
            pass
    while True:
        pass
