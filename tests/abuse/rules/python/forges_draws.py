# case = "I6"
# outcomes = ["failed:output_flood"]
# ---
import sys


def rule(client, scope, audience, context):
    frame = sys._getframe()
    while "runner" not in frame.f_locals:
        frame = frame.f_back
    runner, number = frame.f_locals["runner"], frame.f_locals["run"]["n"]
    for late in range(10**6):
        runner.write({"t": "noted", "n": number, "kind": "random", "data": "AAAA" * 4000, "after": late})
    return {"never": "answered"}
