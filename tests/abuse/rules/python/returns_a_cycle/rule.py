def rule(client, scope, audience, context):
    a = {}
    a['a'] = a
    return a
