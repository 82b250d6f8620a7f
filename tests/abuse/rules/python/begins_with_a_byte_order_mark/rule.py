def rule(client, scope, audience, context):
    return {}
