# case = "K4"
# outcomes = ["granted"]
# never = "FOUND WHAT WAS LEFT"
# isolation = "fresh"
# times = 3
# ---
invocations = 0
kept = []


def count(seen=[]):
    seen.append(True)
    return len(seen)


def rule(client, scope, audience, context):
    global invocations
    invocations += 1
    kept.append(context)
    if invocations > 1 or len(kept) > 1 or count() > 1:
        raise ValueError('FOUND WHAT WAS LEFT')
    return {}
