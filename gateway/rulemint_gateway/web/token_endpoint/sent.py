"""The headers and the query of a token request, as rules may see them: bounded, without credentials."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from rulemint_gateway.oauth.exchange import Sent
from rulemint_gateway.oauth.grant_types import CREDENTIALS
from rulemint_gateway.stores.catalog.authority import normalised
from rulemint_gateway.web.http.header_text import well_formed
from rulemint_gateway.web.token_endpoint.calls import TokenCall
from rulemint_shared.secrets.names import secret_names_among

MAX_ENTRIES = 64
MAX_NAME = 128
MAX_VALUE = 2_048
MAX_CHARACTERS = 16 * 1024
MAX_HOSTNAME = 255


def sent_with(call: TokenCall, host: str) -> Sent:
    """Headers and query of *call* of *host*: of a name that comes twice the first value, and nothing too long."""
    return Sent(
        headers=_bounded([(name.lower(), value) for name, value in call.headers.items()]),
        query=_bounded(list(call.query.items())) if call.query else {},
        hostname=_hostname(host),
    )


def _bounded(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """*pairs* without credentials and those of a secret name, as far as they fit."""
    kept: dict[str, str] = {}
    secret = secret_names_among([name for name, _value in pairs]) | CREDENTIALS
    room = MAX_CHARACTERS
    for name, value in pairs:
        if name in secret:
            continue
        room -= len(name) + len(value)
        if room < 0 or len(kept) == MAX_ENTRIES:
            break
        if len(name) <= MAX_NAME and len(value) <= MAX_VALUE:
            kept.setdefault(name, value if value.isascii() else well_formed(value))
    return kept


@lru_cache(maxsize=256)
def _hostname(host: str) -> str:
    try:
        return (urlsplit(f"//{normalised(host)}").hostname or "")[:MAX_HOSTNAME]
    except ValueError:
        return ""
