# pypi: python-jose>=3.3
# kind: tokens
# gives: "gold"
from jose import jwt
from jose.constants import ALGORITHMS

JWK = {"kty": "oct", "alg": "HS256", "k": "YSBzZWNyZXQgdGhhdCBpcyBsb25nIGVub3VnaA"}


def rule(client, scope, audience, context):
    signed = jwt.encode({"plan": "gold"}, JWK, algorithm=ALGORITHMS.HS256)
    return {"used": jwt.decode(signed, JWK, algorithms=["HS256"])["plan"]}
