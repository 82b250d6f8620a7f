# case = "B9"
# outcomes = ["granted"]
# ---
import sys


def rule(client, scope, audience, context):
    frame, seen = sys._getframe(), []
    while frame:
        seen.append(str(frame.f_locals))
        frame = frame.f_back
    print(seen)
    return {}
