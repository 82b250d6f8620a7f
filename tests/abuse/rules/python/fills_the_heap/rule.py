def rule(client, scope, audience, context):
    x = []
    while True:
        x.append(bytearray(10**6))
