"""Requests that cannot be read as HTTP: what is wrong with them, in words that hold nothing of the request.

aiohttp's parser says what it found, and quotes it. A request that cannot be read may hold a credential in any place, so
its own words go neither into an answer nor into a log.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import http_exceptions

from rulemint_gateway.web.connections.open_connections import CutShort

MAX_REQUEST_LINE = 8_190
MAX_HEADER = 8_192
"""Not the same as `MAX_REQUEST_LINE`, so that the parser's error tells which of them was too long."""
MAX_HEADERS = 128
MAX_HEAD = 64 * 1024
KEPT_OF_A_HEAD = 4 * 1024
"""Bytes of a head in several pieces that are kept, to find a header that contains a line break."""

_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NAMED = {
    name.lower().encode(): name
    for name in (
        "Accept", "Authorization", "Content-Encoding", "Content-Length", "Content-Type", "Cookie", "Expect",
        "Forwarded", "Host", "Idempotency-Key", "If-Match", "Proxy-Authorization", "Transfer-Encoding", "User-Agent",
        "X-Forwarded-For",
    )
}  # fmt: skip
"""Headers that an error may name: any other name is the client's own words."""
_TWO_LENGTHS = "Content-Length and Transfer-Encoding do not say how long the body is: send one of them"
_WORDS = {
    "Missing 'Host'": "the Host header is missing",
    "Pause on PRI": "the request is HTTP/2: this server speaks HTTP/1.1",
    "Content-Length": _TWO_LENGTHS,
    "Transfer-Encoding": _TWO_LENGTHS,
}
"""The parser's words → ours."""
_ONLY_ONCE = re.compile(r"Duplicate '([A-Za-z-]+)' header")


class Fault(NamedTuple):
    """The reason why a request is not answered as it wanted."""

    status: HTTPStatus
    reason: CutShort
    description: str
    """For the caller: what to do."""
    error: str = "invalid_request"


LATE_HEAD = Fault(
    HTTPStatus.REQUEST_TIMEOUT, CutShort.LATE_HEAD, "the request's headers did not arrive in time: send them at once"
)
TOO_LARGE_HEAD = Fault(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    CutShort.UNREADABLE,
    f"the request's headers are larger than {MAX_HEAD} bytes together: send less",
)
OURS = Fault(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    CutShort.UNREADABLE,
    "the request failed: the server's log says why",
    "server_error",
)


def fault_of(error: BaseException, head: bytes) -> Fault:
    """The fault of a request that the parser refused with *error*; *head* is the end of what came of it."""
    match error:
        case http_exceptions.LineTooLong():
            return _too_long(error)
        case http_exceptions.InvalidURLError():
            return _unreadable("the request's target is malformed: percent-encode what a URL may not hold")
        case http_exceptions.BadHttpMethod() if head.startswith(b"\x16\x03") or "HTTPS" in error.message:
            return _unreadable("the request is TLS and this port speaks plain http: use the https port or http://")
        case http_exceptions.BadStatusLine():
            return _unreadable("the request line is malformed: send <method> <target> HTTP/1.1")
        case http_exceptions.HttpProcessingError():
            return _header_fault(error.message, head)
        case _:
            return _unreadable("the request is malformed")


def _header_fault(message: str, head: bytes) -> Fault:
    about = message.partition("\n")[0]  # below it is the request's own text
    if about.startswith("Too many headers"):
        words = f"the request has more than {MAX_HEADERS} headers: send fewer"
        return Fault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, CutShort.UNREADABLE, words)
    if twice := _ONLY_ONCE.match(about):
        return _unreadable(f"the {_name(twice[1].encode())} header came twice: send it once")
    for part, words in _WORDS.items():
        if part in about:
            return _unreadable(words)
    if broken := _broken_header(head):
        return _unreadable(f"{broken} contains a line break: send its value on one line")
    if _CONTROL.search(head):
        return _unreadable("the request contains a control character")
    return _unreadable("the request is malformed: see RFC 9112 for how headers and chunks are written")


def _broken_header(head: bytes) -> str | None:
    """The header of *head* whose value a line break cuts in two; what follows the break is no header.

    A shell wraps base64 at 76 characters, so this is what becomes of long HTTP Basic credentials.
    """
    header: bytes | None = None
    for line in re.split(rb"\r\n|\r|\n", head):
        if not line:
            header = None  # a body, or the next request
        elif field := _FIELD.match(line):
            header = field[1]
        elif header is not None and (line[:1] in b" \t" or b":" not in line):
            return f"the {_name(header)} header" if header.lower() in _NAMED else "a header"
    return None


def _name(header: bytes) -> str:
    return _NAMED.get(header.lower(), "same")


def _too_long(error: http_exceptions.LineTooLong) -> Fault:
    if MAX_REQUEST_LINE in error.args:
        words = f"the request's target is longer than {MAX_REQUEST_LINE} bytes: send parameters in the body"
        return Fault(HTTPStatus.REQUEST_URI_TOO_LONG, CutShort.UNREADABLE, words)
    words = f"a header is larger than {MAX_HEADER} bytes: send less"
    return Fault(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, CutShort.UNREADABLE, words)


def _unreadable(description: str) -> Fault:
    return Fault(HTTPStatus.BAD_REQUEST, CutShort.UNREADABLE, description)
