# case = "A3"
# outcomes = ["failed:exception"]
# ---
def rule(client, scope, audience, context):
    return {'a': open('CANARY_FILE').read()}
