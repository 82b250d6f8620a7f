"""A response's body: decoded as it arrives, never larger than a rule may have, at no moment.

The bound holds for the decoded bytes and for those on the wire, so neither a compressed bomb nor a flood of empty
compressed members takes memory or time.
"""

from __future__ import annotations

import zlib
from typing import Protocol

from rulemint_runner.egress.errors import EgressFailed, EgressTooLarge
from rulemint_runner.egress.messages import MAX_BODY_BYTES

_GZIP, _ZLIB, _RAW_DEFLATE = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_DEFLATE_METHOD = 8
MAX_MEMBERS = 16
"""A gzip body may be several, one after the other (RFC 1952 §2.2); nobody needs many."""


class BodyTaker(Protocol):
    """Takes a body in pieces."""

    decodes: bool
    """Its output is not its input."""

    def take(self, piece: bytes) -> None:
        """Add *piece*, as it came from the wire."""

    def finish(self) -> bytes:
        """The whole body, decoded."""


class PlainBody:
    """A body without a coding, or with one that we do not know: handed on as it is."""

    decodes = False

    def __init__(self) -> None:
        self._body = bytearray()

    def take(self, piece: bytes) -> None:
        """Add *piece*.

        Raises:
            EgressTooLarge: the body has too many bytes.
        """
        if len(self._body) + len(piece) > MAX_BODY_BYTES:
            raise _too_large()
        self._body += piece

    def finish(self) -> bytes:
        """The whole body."""
        return bytes(self._body)


class CompressedBody:
    """A body in gzip or deflate (RFC 9110 §8.4.1)."""

    decodes = True

    def __init__(self, coding: str) -> None:
        self._is_gzip = coding != "deflate"
        self._body = bytearray()
        self._on_the_wire = 0
        self._members = 0
        self._inflater: zlib._Decompress | None = None

    def take(self, piece: bytes) -> None:
        """Decode *piece*.

        Raises:
            EgressFailed: it is not in the coding that the response names.
            EgressTooLarge: the body has too many bytes.
        """
        self._on_the_wire += len(piece)
        if self._on_the_wire > MAX_BODY_BYTES:
            raise _too_large()
        try:
            while piece:
                piece = self._inflate(piece)
        except zlib.error as error:
            raise EgressFailed(f"the response's body is not in the coding that it names: {error}") from None

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            EgressFailed: its end is missing.
        """
        if self._inflater is not None and not self._inflater.eof:
            raise EgressFailed("the response's body ended too early")
        return bytes(self._body)

    def _inflate(self, piece: bytes) -> bytes:
        """Decode *piece*; what is left of it is another member."""
        if self._inflater is None or self._inflater.eof:
            self._inflater = self._next_member(piece)
        room = MAX_BODY_BYTES - len(self._body)
        self._body += self._inflater.decompress(piece, room + 1)
        if len(self._body) > MAX_BODY_BYTES:
            raise _too_large()
        return self._inflater.unused_data if self._inflater.eof else b""

    def _next_member(self, piece: bytes) -> zlib._Decompress:
        self._members += 1
        if self._members > (MAX_MEMBERS if self._is_gzip else 1):
            raise EgressFailed("the response's body goes on behind its end")
        if self._is_gzip:
            return zlib.decompressobj(_GZIP)
        has_zlib_header = piece[0] & 0xF == _DEFLATE_METHOD
        return zlib.decompressobj(_ZLIB if has_zlib_header else _RAW_DEFLATE)


def body_taker(content_encoding: str) -> BodyTaker:
    """Make the object that takes a body in *content_encoding*."""
    coding = content_encoding.strip().lower()
    return CompressedBody(coding) if coding in {"gzip", "x-gzip", "deflate"} else PlainBody()


def _too_large() -> EgressTooLarge:
    return EgressTooLarge(f"the response's body has more than {MAX_BODY_BYTES} bytes")
