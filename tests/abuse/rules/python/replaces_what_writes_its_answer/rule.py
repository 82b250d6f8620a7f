import json


def rule(client, scope, audience, context):
    json.dumps = lambda *_arguments, **_options: '{"FORGED":true}'
    return {}
