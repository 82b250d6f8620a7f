# case = "I3"
# outcomes = ["failed:output_flood"]
# timeout_s = 8
# ---
def rule(client, scope, audience, context):
    while True:
        print('x' * 1000, end='')
