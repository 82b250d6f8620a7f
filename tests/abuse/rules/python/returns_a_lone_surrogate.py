# case = "M7"
# outcomes = ["failed:bad_result", "granted"]
# ---
def rule(client, scope, audience, context):
    return {'a': chr(0xD800)}
