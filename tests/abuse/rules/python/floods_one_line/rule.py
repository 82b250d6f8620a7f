def rule(client, scope, audience, context):
    while True:
        print('x' * 1000, end='')
