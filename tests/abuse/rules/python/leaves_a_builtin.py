# case = "K1"
# outcomes = ["granted"]
# never = "FOUND WHAT WAS LEFT"
# isolation = "fresh"
# times = 3
# ---
import builtins


def rule(client, scope, audience, context):
    if hasattr(builtins, 'left'):
        raise ValueError('FOUND WHAT WAS LEFT')
    builtins.left = context
    return {}
