# case = "I9"
# outcomes = ["granted", "failed:exception"]
# secret = "pa\"ss\\wörd-of-the-rule"
# ---
import json
import logging


def rule(client, scope, audience, context):
    secret = context['webtask']['secrets']['OWN']
    print(secret, repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False), [secret])
    logging.error('it is %r', {'secret': secret})
    raise ValueError(secret)
