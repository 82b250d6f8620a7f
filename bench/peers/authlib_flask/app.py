"""Authlib on Flask as its documentation sets it up for client credentials, with RFC 9068 tokens; the client in memory.

gunicorn runs it in ``bench/.venv``; ``BENCH_KEYS`` names the file with its private keys as a JWK set,
``BENCH_ALGORITHM`` which of them signs, ``BENCH_ISSUER`` the issuer. Authlib's hook is ``get_extra_claims``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask, Response, jsonify
from hook import claims_of
from joserfc.jwk import KeySet

AUDIENCE = "https://bench.test/"
KEYS = json.loads(Path(os.environ["BENCH_KEYS"]).read_text())
ALGORITHM = os.environ["BENCH_ALGORITHM"]
SIGNING_KEYS = KeySet.import_key_set({"keys": [key for key in KEYS["keys"] if key["alg"] == ALGORITHM]})
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi"})


class Client(ClientMixin):  # type: ignore[misc]  # Authlib has no types here
    """The one client."""

    client_id = "bench"
    name = "bench"
    scopes = frozenset({"read", "write"})

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str) -> str:
        return " ".join(value for value in scope.split() if value in self.scopes)

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == "bench-secret"  # noqa: S105  # made up

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_post"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"


class Tokens(JWTBearerTokenGenerator):  # type: ignore[misc]  # Authlib has no types here
    """Signed with the one key of the algorithm, which was read once: an RSA key is checked for long when it is read."""

    def get_jwks(self) -> KeySet:
        return SIGNING_KEYS

    def get_audiences(self, _client: Client, _user: None, _scope: str) -> str:
        return AUDIENCE

    def get_extra_claims(self, client: Client, _grant_type: str, _user: None, _scope: str) -> dict[str, str]:
        return claims_of({"tenant": "default", "name": client.name})


class ClientCredentials(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types here
    """With the secret in the form, as all subjects are asked."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)


CLIENTS = {Client.client_id: Client()}
app = Flask(__name__)
server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=lambda _token, _request: None)
server.register_grant(ClientCredentials)
server.register_token_generator("default", Tokens(issuer=os.environ["BENCH_ISSUER"], alg=ALGORITHM))


@app.post("/token")
def token() -> Response:
    """The token endpoint."""
    answer: Response = server.create_token_response()
    return answer


@app.get("/jwks")
def jwks() -> Response:
    """The public keys."""
    keys = [{name: value for name, value in key.items() if name not in PRIVATE_MEMBERS} for key in KEYS["keys"]]
    return jsonify({"keys": keys})
