# case = "H6"
# outcomes = ["failed:out_of_memory"]
# ---
def rule(client, scope, audience, context):
    return {'a': len('a' * 10**10)}
