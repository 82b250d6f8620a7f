# case = "I6"
# outcomes = ["granted"]
# log = "the last words"
# times = 3
# ---
def rule(client, scope, audience, context):
    for n in range(200):
        print('line', n)
    print('the last words', end='')
    return {}
