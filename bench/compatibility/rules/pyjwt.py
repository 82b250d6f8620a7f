# pypi: PyJWT>=2
# kind: tokens
# gives: "gold"
import jwt

KEY = "a secret that is long enough for HS256"


def rule(client, scope, audience, context):
    signed = jwt.encode({"plan": "gold"}, KEY, algorithm="HS256")
    return {"used": jwt.decode(signed, KEY, algorithms=["HS256"])["plan"]}
