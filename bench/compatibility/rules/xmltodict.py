# pypi: xmltodict>=0.13
# kind: text
# gives: {"account": {"plan": "gold"}}
import xmltodict


def rule(client, scope, audience, context):
    return {"used": xmltodict.parse("<account><plan>gold</plan></account>")}
