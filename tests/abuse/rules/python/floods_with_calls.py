# case = "D19 J11"
# outcomes = ["granted", "failed:timeout", "failed:output_flood", "failed:out_of_memory"]
# allow_hosts = ["http://loopback.example.com:CANARY_PORT"]
# ---
from rulemint import fetch


def rule(client, scope, audience, context):
    reached = 0
    for _ in range(10_000):
        try:
            fetch('http://loopback.example.com:CANARY_PORT/')
            reached += 1
        except OSError:
            pass
    return {'reached': reached}
