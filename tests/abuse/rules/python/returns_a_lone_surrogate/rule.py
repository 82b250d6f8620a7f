def rule(client, scope, audience, context):
    return {'a': chr(0xD800)}
