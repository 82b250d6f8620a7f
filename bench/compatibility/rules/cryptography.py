# pypi: cryptography>=42
# kind: cryptography
# cannot: it has compiled parts
from cryptography.fernet import Fernet


def rule(client, scope, audience, context):
    fernet = Fernet(Fernet.generate_key())
    return {"used": fernet.decrypt(fernet.encrypt(b"gold")).decode()}
