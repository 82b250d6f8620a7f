def rule(client, scope, audience, context):
    while True:
        pass
