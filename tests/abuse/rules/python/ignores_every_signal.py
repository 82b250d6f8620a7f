# case = "E9"
# outcomes = ["failed:timeout"]
# ---
import signal


def rule(client, scope, audience, context):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
