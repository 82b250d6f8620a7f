"""``/authorize``: there for clients that want one in the metadata, and no flow begins there (RFC 6749 §3.1)."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.oauth.errors import UnsupportedResponseType
from rulemint_gateway.web.http.problems import oauth_problem


def routes() -> list[web.RouteDef]:
    """Both methods (RFC 6749 §3.1). They only ever refuse, so the description of the service leaves them out."""
    return [web.get("/authorize", refuse), web.post("/authorize", refuse)]


async def refuse(_request: web.Request) -> web.Response:
    """400 ``unsupported_response_type``. Nobody is redirected, because no redirect URI is registered here."""
    error = UnsupportedResponseType(
        "there is no authorization flow: ask for a token at /oauth/token with grant_type=client_credentials"
    )
    return oauth_problem(error).response()
