def rule(client, scope, audience, context):
    def f(n):
        return f(n + 1)
    f(0)
