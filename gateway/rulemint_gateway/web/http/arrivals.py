"""The bytes of a request's body: all of them, never more than a limit, and out of the coding that they came in."""

from __future__ import annotations

import zlib
from http import HTTPStatus

from aiohttp import web

from rulemint_gateway.web.http.body_faults import LateBodyError, MalformedBodyError
from rulemint_gateway.web.http.client_gone import ClientGoneError
from rulemint_gateway.web.http.problems import ACCEPTED_CODINGS

_TAKEN = web.RequestKey("taken", bytes)
"""The bytes that `taken_early` has taken of a body."""
_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""By coding (RFC 9110 §8.4.1), as `zlib.decompressobj` wants it."""
_CM_DEFLATE, _CM_MASK = 8, 0x0F
"""The compression method in the first byte of what is really in zlib's format (RFC 1950 §2.2)."""


class UnusableBodyError(Exception):
    """The body cannot be read. The text says why, for the caller."""

    status = HTTPStatus.BAD_REQUEST


class TooSlowError(UnusableBodyError):
    """It did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT


class TooLargeError(UnusableBodyError):
    """It is larger than the limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnknownCodingError(UnusableBodyError):
    """It came in a coding that is not ours."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


async def body_of(request: web.Request, limit: int) -> bytes:
    """The whole body of *request*, decoded; neither as it came nor as it is has it more than *limit* bytes.

    Raises:
        UnusableBodyError: there is no such body.
        ClientGoneError: the client left before it had sent everything.
    """
    if request.headers.get("Transfer-Encoding", "chunked").strip().lower() != "chunked":
        raise UnusableBodyError("the Transfer-Encoding must be chunked, or none")
    coding = _coding_of(request)
    body = await _arrived(request, limit)
    return body if coding is None else _decoded(body, coding, limit)


def taken_early(request: web.Request, most: int) -> bytes:
    """Take the body if it is here and has *most* bytes at most; from then on only `body_of` has it."""
    length, content = request.content_length, request.content
    if length is None or length > most or not content.is_eof() or content.exception() is not None:
        return b""
    body = request[_TAKEN] = content.read_nowait()
    return body


async def _arrived(request: web.Request, limit: int) -> bytes:
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    content, body = request.content, b""
    try:
        if content.at_eof():
            body = request.get(_TAKEN, b"")
        elif content.is_eof() and content.exception() is None:
            body = content.read_nowait()  # all of it is here, as of nearly every request
        while len(body) <= limit and not content.at_eof():
            if request.transport is None:
                raise ClientGoneError  # before aiohttp took up the request, so nothing tells its body
            body += await content.readany()
    except LateBodyError:
        raise TooSlowError("the body did not arrive in time: send it at once") from None
    except MalformedBodyError as fault:
        raise UnusableBodyError(str(fault)) from None
    except ConnectionError:
        raise ClientGoneError from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _coding_of(request: web.Request) -> str | None:
    """The coding of the body; None if it has none.

    Raises:
        UnknownCodingError: in a way that is not ours, or in several.
    """
    if "Content-Encoding" not in request.headers:
        return None
    named = ",".join(request.headers.getall("Content-Encoding")).lower().split(",")
    codings = [coding for name in named if (coding := name.strip()) not in {"", "identity"}]
    if not codings:
        return None
    if len(codings) > 1 or codings[0] not in _WINDOWS:
        raise UnknownCodingError(f"the Content-Encoding must be one of {ACCEPTED_CODINGS}, or none")
    return codings[0]


def _decoded(body: bytes, coding: str, limit: int) -> bytes:
    """*body* out of its *coding*. It stops at the limit, so a little that stands for a lot costs nothing."""
    window = _WINDOWS[coding]
    if coding == "deflate" and body[:1] and body[0] & _CM_MASK != _CM_DEFLATE:
        window = -zlib.MAX_WBITS  # some clients leave out zlib's frame
    decoder = zlib.decompressobj(window)
    try:
        decoded = decoder.decompress(body, limit + 1)
    except zlib.error:
        raise _misfit(coding) from None
    if len(decoded) > limit:
        raise _too_large(limit)
    if not decoder.eof or decoder.unused_data:
        raise _misfit(coding)
    return decoded


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"the body is larger than {limit} bytes")


def _misfit(coding: str) -> UnusableBodyError:
    return UnusableBodyError(f"the body does not fit its Content-Encoding: it must be one whole {coding} stream")
