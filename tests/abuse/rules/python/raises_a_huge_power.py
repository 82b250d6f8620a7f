# case = "G5"
# outcomes = ["failed:timeout"]
# ---
def rule(client, scope, audience, context):
    return {'a': str(9**9**7)[:5]}
