# pypi: Authlib>=1.3
# kind: tokens
# cannot: it needs cryptography, which has compiled parts; use python-jose
from authlib.jose import jwt


def rule(client, scope, audience, context):
    return {"used": jwt.decode(jwt.encode({"alg": "HS256"}, {"plan": "gold"}, "secret"), "secret")["plan"]}
