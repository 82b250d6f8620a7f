# pypi: passlib>=1.7
# kind: cryptography
# gives: [true, false]
from passlib.hash import pbkdf2_sha256


def rule(client, scope, audience, context):
    hashed = pbkdf2_sha256.using(rounds=1000).hash("a password")
    return {"used": [pbkdf2_sha256.verify("a password", hashed), pbkdf2_sha256.verify("another", hashed)]}
