# pypi: jmespath>=1
# kind: data
# gives: ["a"]
import jmespath


def rule(client, scope, audience, context):
    return {"used": jmespath.search("accounts[?plan=='gold'].id", {"accounts": [{"id": "a", "plan": "gold"}]})}
