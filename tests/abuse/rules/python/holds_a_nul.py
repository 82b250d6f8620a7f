# case = "M5"
# outcomes = ["failed:syntax"]
# ---
def rule(client, scope, audience, context):
    return {}  # NUL_CHARACTER
