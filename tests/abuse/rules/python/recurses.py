# case = "H8"
# outcomes = ["failed:exception"]
# log = "RecursionError"
# ---
def rule(client, scope, audience, context):
    def f(n):
        return f(n + 1)
    f(0)
