# pypi: simplejson>=3
# kind: text
# gives: {"plan": "gold"}
import simplejson


def rule(client, scope, audience, context):
    return {"used": simplejson.loads(simplejson.dumps({"plan": "gold"}))}
