# case = "A6"
# outcomes = ["failed:exception"]
# ---
def rule(client, scope, audience, context):
    open('CANARY_FOLDER/x', 'w').write('x')
