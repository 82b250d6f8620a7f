def rule(client, scope, audience, context):
    return {}  # NUL_CHARACTER
