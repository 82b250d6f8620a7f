def rule(client, scope, audience, context):
    return {'a': 'x' * 40_000}
