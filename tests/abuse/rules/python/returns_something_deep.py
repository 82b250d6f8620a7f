# case = "M7"
# outcomes = ["failed:bad_result"]
# ---
def rule(client, scope, audience, context):
    a = {}
    for _ in range(5_000):
        a = {'a': a}
    return a
