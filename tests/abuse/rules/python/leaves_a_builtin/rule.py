import builtins


def rule(client, scope, audience, context):
    if hasattr(builtins, 'left'):
        raise ValueError('FOUND WHAT WAS LEFT')
    builtins.left = context
    return {}
