# case = "M5"
# outcomes = ["failed:syntax"]
# log = "SyntaxError"
# ---
def rule(client, scope audience, context):
    return {}
