"""Finds the client that a token request names, as far as one can tell without waiting and without reading all of it.

It serves to refuse throttled clients early. A request that hides its client from this is read in full like any other.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

import msgspec
from aiohttp import hdrs, web

from rulemint_gateway.oauth.errors import InvalidClient
from rulemint_gateway.oauth.token_request import basic_credentials
from rulemint_gateway.web.http.arrivals import taken_early

MAX_BYTES = 4_096
_IN_FORM = re.compile(rb"(?:^|&)client_id=([^&]*)")


class _Named(msgspec.Struct, gc=False):
    client_id: str | None = None


_IN_JSON = msgspec.json.Decoder(_Named)


def named_clients(request: web.Request) -> list[str]:
    """The client id in the Authorization header or in a short body that has arrived already, or none.

    HTTP Basic has two readings.
    """
    authorization = request.headers.get(hdrs.AUTHORIZATION)
    return clients_named_in(authorization, b"" if authorization is not None else taken_early(request, MAX_BYTES))


def clients_named_in(authorization: str | None, body: bytes) -> list[str]:
    """The client id in an Authorization header or, without one, in a *body*, or none."""
    if authorization is not None:
        try:
            return [credentials.client_id for credentials in basic_credentials(authorization)]
        except InvalidClient:
            return []
    if body.lstrip()[:1] == b"{":
        return _named_in_json(body)
    found = _IN_FORM.search(body)
    return [unquote_plus(found[1].decode("ascii", "replace"))] if found else []


def _named_in_json(body: bytes) -> list[str]:
    try:
        named = _IN_JSON.decode(body).client_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [] if named is None else [named]
