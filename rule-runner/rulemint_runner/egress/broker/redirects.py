"""Make the next request after a redirect, as the fetch standard has it (§4.4, HTTP-redirect fetch)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rulemint_runner.egress.broker.headers import without_body, without_credentials
from rulemint_runner.egress.urls import HttpUrl, allowed_url
from rulemint_shared.allow_list import AllowedHost

MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True)
class Hop:
    """One request, checked and ready to be sent."""

    method: str
    url: HttpUrl
    headers: list[tuple[str, str]]
    body: bytes


def is_redirect(status: int) -> bool:
    """Tell whether a response of *status* with a Location is a redirect."""
    return status in _REDIRECTS


def next_hop(hop: Hop, status: int, location: str, entries: Iterable[AllowedHost]) -> Hop:
    """Make the request that a redirect of *hop* leads to; its URL goes through the whole policy again.

    Raises:
        EgressDenied: the rule may not go there.
    """
    url = allowed_url(hop.url.joined(location), entries)
    onward = replace(hop, url=url)
    if url.origin != hop.url.origin:
        onward = replace(onward, headers=without_credentials(onward.headers))
    becomes_get = (status in {301, 302} and hop.method == "POST") or (
        status == 303 and hop.method not in {"GET", "HEAD"}
    )
    if becomes_get:
        onward = replace(onward, method="GET", body=b"", headers=without_body(onward.headers))
    return onward
