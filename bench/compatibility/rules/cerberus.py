# pypi: Cerberus>=1.3
# kind: validation
# gives: {"plan": ["unallowed value silver"]}
from cerberus import Validator


def rule(client, scope, audience, context):
    check = Validator({"plan": {"type": "string", "allowed": ["free", "gold"]}})
    check.validate({"plan": "silver"})
    return {"used": check.errors}
