# pypi: ecdsa>=0.19
# kind: cryptography
# gives: true
from ecdsa import NIST256p, SigningKey


def rule(client, scope, audience, context):
    key = SigningKey.generate(curve=NIST256p)
    return {"used": key.verifying_key.verify(key.sign(b"gold"), b"gold")}
