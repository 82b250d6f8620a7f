def rule(client, scope, audience, context):
    while True:
        print('x' * 200)
