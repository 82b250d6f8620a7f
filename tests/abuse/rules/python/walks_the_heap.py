# case = "B7"
# outcomes = ["granted"]
# ---
import gc


def rule(client, scope, audience, context):
    found = [text for text in gc.get_objects() if isinstance(text, dict) and 'CANARY_' + 'SECRET' in str(text)]
    return {'a': len(found)}
