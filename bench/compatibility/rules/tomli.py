# pypi: tomli>=2
# kind: text
# gives: {"plan": "gold"}
import tomli


def rule(client, scope, audience, context):
    return {"used": tomli.loads("plan = 'gold'")}
