# case = "G5"
# outcomes = ["failed:timeout"]
# ---
def rule(client, scope, audience, context):
    return {'a': sum(range(10**12))}
