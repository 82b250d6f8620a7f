# case = "K3"
# outcomes = ["granted"]
# never = "FOUND WHAT WAS LEFT"
# isolation = "fresh"
# times = 3
# ---
import json
import sys
import types


def rule(client, scope, audience, context):
    if 'left' in sys.modules or getattr(json.dumps, 'left', False) or getattr(json.JSONEncoder, 'left', False):
        raise ValueError('FOUND WHAT WAS LEFT')
    sys.modules['left'] = types.ModuleType('left')
    json.dumps.left = True
    json.JSONEncoder.left = True
    return {}
