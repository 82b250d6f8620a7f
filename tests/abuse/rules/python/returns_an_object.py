# case = "M7"
# outcomes = ["failed:bad_result"]
# ---
def rule(client, scope, audience, context):
    return {'a': object()}
