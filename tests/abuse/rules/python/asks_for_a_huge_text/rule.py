def rule(client, scope, audience, context):
    return {'a': len('a' * 10**10)}
