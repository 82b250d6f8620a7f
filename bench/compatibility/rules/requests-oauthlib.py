# pypi: requests-oauthlib>=2
# kind: HTTP
# answers /token: {"access_token": "a1", "token_type": "Bearer", "expires_in": 3600}
# answers: {"plan": "gold"}
# gives: "gold"
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    session = OAuth2Session(client=BackendApplicationClient(client_id="c"))
    session.fetch_token(f"{service}/token", client_id="c", client_secret="s")
    return {"used": session.get(f"{service}/accounts").json()["plan"]}
