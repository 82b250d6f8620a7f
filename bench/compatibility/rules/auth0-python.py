# pypi: auth0-python>=4,<5
# kind: identity
# cannot: it needs cryptography, which has compiled parts; call its HTTP API with requests
from auth0.authentication import GetToken


def rule(client, scope, audience, context):
    return {"used": GetToken("acme.test", "c", client_secret="s").client_credentials("https://acme.test/api/v2/")}
