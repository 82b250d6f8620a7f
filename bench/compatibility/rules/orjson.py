# pypi: orjson>=3
# kind: text
# cannot: it is compiled; use json
import orjson


def rule(client, scope, audience, context):
    return {"used": orjson.loads(orjson.dumps({"plan": "gold"}))}
