"""Choose the header fields of a rule that are sent, and those of a response that are handed on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rulemint_runner.egress.errors import Code, EgressDenied, EgressTooLarge
from rulemint_runner.egress.messages import MAX_HEADER_NAME_CHARACTERS, MAX_HEADERS, MAX_HEADERS_BYTES, Headers
from rulemint_runner.egress.urls import HttpUrl

USER_AGENT = "Rulemint"
ACCEPT_ENCODING = "gzip, deflate"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_PER_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_OURS = frozenset({"connection", "keep-alive", "proxy-connection", "te", "transfer-encoding", "host", "content-length"})
"""Fields that describe the connection or the message. We write them, and a rule's are left out, as browsers do."""
_REFUSED = {
    "upgrade": "a rule's connection cannot be upgraded, so there are no WebSockets and no HTTP/2",
    "http2-settings": "a rule's connection cannot be upgraded to HTTP/2",
    "trailer": "a rule's request has no trailers",
    "expect": "a rule's request is sent whole, without waiting for 100-continue",
}
"""Fields that would not have their effect if they were left out."""
_NO_PROXY = "a rule's calls go through no proxy of its own"
_CREDENTIALS = frozenset({"authorization", "cookie"})
_OF_THE_BODY = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
"""The fetch standard's request-body header names."""


def sendable(headers: Headers, *, as_sent: bool = False) -> list[tuple[str, str]]:
    """Return the part of *headers* that is sent, with the fields that a request cannot do without.

    *as_sent*: the caller reads the content codings that it asks for; otherwise they are those that are read here.

    Raises:
        EgressDenied: a name or a value cannot stand in a request.
        EgressTooLarge: they are too large together.
    """
    sent = []
    for name, value in headers:
        if _TOKEN.fullmatch(name) is None:
            raise EgressDenied(f"{name[:50]!r} is not the name of a header", Code.FORBIDDEN_HEADER)
        if _VALUE.fullmatch(value) is None:
            why = f"the value of header {name[:50]} is not printable ASCII"
            raise EgressDenied(why, Code.FORBIDDEN_HEADER)
        lowered = name.lower()
        why_not = _REFUSED.get(lowered, _NO_PROXY if lowered.startswith("proxy-") else "")
        if lowered not in _OURS and why_not:
            raise EgressDenied(f"the header {name} is not sent: {why_not}", Code.FORBIDDEN_HEADER)
        if lowered not in _OURS and (as_sent or lowered != "accept-encoding"):
            sent.append((name, value.strip(" \t")))
    _check_size(sent, "the request's")
    present = {name.lower() for name, _ in sent}
    defaults = (("User-Agent", USER_AGENT), ("Accept", "*/*"))
    sent += [default for default in defaults if default[0].lower() not in present]
    if as_sent:
        return sent if "accept-encoding" in present else [*sent, ("Accept-Encoding", "identity")]
    return [*sent, ("Accept-Encoding", ACCEPT_ENCODING)]


def check_host(headers: Headers, url: HttpUrl) -> None:
    """Refuse a Host in *headers* that is another than that of *url*, which alone is looked for in the allow-list.

    Raises:
        EgressDenied: see there.
    """
    own = {url.host, f"{url.host}:{url.port}"}
    for name, value in headers:
        if name.lower() == "host" and value.strip().lower() not in own:
            why = f"the header {name} is not sent: it must be the host of the URL, {url.host}"
            raise EgressDenied(why, Code.FORBIDDEN_HEADER)


def without_credentials(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """*headers* as they may travel to another origin."""
    return [(name, value) for name, value in headers if name.lower() not in _CREDENTIALS]


def without_body(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """*headers* without those that describe a body."""
    return [(name, value) for name, value in headers if name.lower() not in _OF_THE_BODY]


def handed_on(raw: Iterable[tuple[bytes, bytes]], *, was_decoded: bool) -> Headers:
    """Return the part of a response's header that a rule gets to see, in lower case.

    Raises:
        EgressTooLarge: they are too many, or too large together.
    """
    left_out = _PER_CONNECTION | ({"content-encoding", "content-length"} if was_decoded else frozenset())
    fields = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw]
    kept = [(name, value) for name, value in fields if name not in left_out]
    if len(kept) > MAX_HEADERS:
        raise EgressTooLarge(f"the response has more than {MAX_HEADERS} headers")
    if any(len(name) > MAX_HEADER_NAME_CHARACTERS for name, _ in kept):
        raise EgressTooLarge(f"the response has a header whose name is longer than {MAX_HEADER_NAME_CHARACTERS} bytes")
    _check_size(kept, "the response's")
    return tuple(kept)


def _check_size(headers: list[tuple[str, str]], whose: str) -> None:
    if sum(len(name) + len(value) for name, value in headers) > MAX_HEADERS_BYTES:
        raise EgressTooLarge(f"{whose} headers have more than {MAX_HEADERS_BYTES} bytes")
