"""Token requests as nearly all clients send them: in one piece, with nothing unusual in their head.

A plain request can be refused at a glance, without making of it all that aiohttp makes of a request. All others are
left to aiohttp, which reads everything.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from rulemint_gateway.web.token_endpoint.named_clients import clients_named_in

MAX_BYTES = 8 * 1024
_DIGITS = 5
_HEAD = re.compile(rb"POST /oauth/token HTTP/1\.1\r\n((?:[A-Za-z0-9-]++:[^\r\n\0]*+\r\n)++)\r\n")
_ONCE = frozenset({b"host", b"content-length", b"authorization", b"content-type", b"connection"})
_UNUSUAL = frozenset({b"transfer-encoding", b"content-encoding", b"expect", b"upgrade", b"te", b"trailer"})


class PlainRequest(NamedTuple):
    """The parts of one that matter."""

    host: str
    authorization: str | None
    body: bytes
    more_follows: bool
    """Something has come behind it: no usual client sends more before it has its answer."""

    def clients(self) -> list[str]:
        """The client ids that it may name."""
        return clients_named_in(self.authorization, self.body)


def plain_request(data: bytes) -> PlainRequest | None:
    """The token request that *data* begins with; None if that is anything else, or is not whole."""
    head = _HEAD.match(data, 0, MAX_BYTES)
    if head is None:
        return None
    found: dict[bytes, bytes] = {}
    for line in head[1].lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name in _UNUSUAL or (name in found and name in _ONCE):
            return None
        found[name] = value.strip(b" \t")
    length, connection = found.get(b"content-length", b""), found.get(b"connection", b"keep-alive")
    if not length.isdigit() or len(length) > _DIGITS or connection != b"keep-alive":
        return None
    end = head.end() + int(length)
    if end > min(len(data), MAX_BYTES):
        return None
    authorization = _authorization(head[1]) if b"authorization" in found else None
    host, body = _text(found.get(b"host", b"")), data[head.end() : end]
    return PlainRequest(host, authorization, body, more_follows=len(data) > end)


def _authorization(head: bytes) -> str:
    """Its value, whose case matters."""
    lines = (line.partition(b":") for line in head.split(b"\r\n"))
    return next(_text(value.strip(b" \t")) for name, _, value in lines if name.lower() == b"authorization")


def _text(value: bytes) -> str:
    """As aiohttp reads headers."""
    return value.decode("utf-8", "surrogateescape")
