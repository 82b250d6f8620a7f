# case = "G2"
# outcomes = ["failed:timeout"]
# ---
def rule(client, scope, audience, context):
    while True:
        pass
