# pypi: rsa>=4
# kind: cryptography
# gives: "SHA-256"
import rsa

PUBLIC, PRIVATE = rsa.newkeys(512)


def rule(client, scope, audience, context):
    return {"used": rsa.verify(b"gold", rsa.sign(b"gold", PRIVATE, "SHA-256"), PUBLIC)}
