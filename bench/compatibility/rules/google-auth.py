# pypi: google-auth>=2 requests>=2
# kind: service
# answers /token: {"access_token": "ya29.1", "expires_in": 3600, "token_type": "Bearer"}
# answers: {"plan": "gold"}
# gives: "gold"
from google.auth.transport.requests import AuthorizedSession
from google.oauth2.credentials import Credentials


def rule(client, scope, audience, context):
    service = context["webtask"]["secrets"]["TLS_SERVICE"]
    credentials = Credentials(None, refresh_token="1//r", token_uri=f"{service}/token", client_id="c", client_secret="s")
    return {"used": AuthorizedSession(credentials).get(f"{service}/v1/accounts").json()["plan"]}
