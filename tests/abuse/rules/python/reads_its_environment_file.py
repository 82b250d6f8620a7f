# case = "B1"
# outcomes = ["failed:exception"]
# ---
def rule(client, scope, audience, context):
    return {'a': open('/proc/self/environ').read()}
