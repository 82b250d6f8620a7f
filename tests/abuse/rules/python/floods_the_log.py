# case = "I2"
# outcomes = ["failed:timeout", "failed:output_flood"]
# ---
def rule(client, scope, audience, context):
    while True:
        print('x' * 200)
