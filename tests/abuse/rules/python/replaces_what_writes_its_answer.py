# case = "J5"
# outcomes = ["granted"]
# times = 2
# ---
import json


def rule(client, scope, audience, context):
    json.dumps = lambda *_arguments, **_options: '{"FORGED":true}'
    return {}
