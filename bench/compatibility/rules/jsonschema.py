# pypi: jsonschema>=4,<4.18
# kind: validation
# gives: "'silver' is not one of ['free', 'gold']"
from jsonschema import Draft202012Validator


def rule(client, scope, audience, context):
    check = Draft202012Validator({"properties": {"plan": {"enum": ["free", "gold"]}}})
    return {"used": next(check.iter_errors({"plan": "silver"})).message}
