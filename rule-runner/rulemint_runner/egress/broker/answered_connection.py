"""A connection that takes one answer to each request, and no byte more.

aiohttp parses all bytes, at any time. So bytes that a server sends over a connection in the pool would be the answer to
the next request on it (aiohttp issue 13656). Here nothing is parsed but between a request and the end of its answer. A
byte that comes before or after costs the connection, and never a call that was answered already.
"""

from __future__ import annotations

import select
from typing import Any

from aiohttp import ClientPayloadError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import RawResponseMessage
from aiohttp.streams import StreamReader

from rulemint_runner.egress.errors import EgressError, EgressFailed, EgressTooLarge

PARSED_AT_ONCE_BYTES = 16 * 1024
MAX_FRAMING_BYTES = 128 * 1024
"""Of one response, besides its body and as much again: its headers, and what frames its chunks."""
MAX_WAITING_RESPONSES = 32
"""Interim ones, before the one that counts; nobody sends so many."""
_FIRST_FINAL_STATUS = 200
_SWITCHING_PROTOCOLS = 101


class AnsweredConnection(ResponseHandler):
    """Counts what arrives for one response, and parses it piece by piece.

    The bounds that aiohttp has are for each line and each header. A read may hold tens of thousands of interim
    responses, each an object; and extensions of chunks, or chunks of one byte, may go on for ever.
    """

    _arrived = 0
    _is_asked = False
    _was_asked = False
    _spoke_first = False
    _has_final = False
    """The head of the response that counts has come."""

    def __init__(self, kept: set[AnsweredConnection], **parts: Any) -> None:
        """While it waits for the next request it is among *kept*."""
        super().__init__(**parts)
        self._kept = kept

    def set_response_params(self, **params: Any) -> None:
        """Expect the next response: a request is about to be sent."""
        self._arrived = 0
        self._is_asked = self._was_asked = True
        self._has_final = False
        self._kept.discard(self)
        super().set_response_params(**params)
        if self._spoke_first:
            self._refuse(EgressFailed("the other side spoke before it was asked"))

    def data_received(self, data: bytes) -> None:
        """Parse *data*, unless it is a flood or nobody asked for it."""
        if not self._is_asked:
            if data:  # without any, aiohttp goes on with what it had put aside, which is nothing
                self._end_unasked()
            return
        for at in range(0, max(1, len(data)), PARSED_AT_ONCE_BYTES):
            piece = data[at : at + PARSED_AT_ONCE_BYTES]
            is_last = at + PARSED_AT_ONCE_BYTES >= len(data)
            # The last byte goes by itself: an answer that has ended before it has something behind its end.
            for part in (piece[:-1], piece[-1:]) if is_last and len(piece) > 1 else (piece,):
                if part and self._is_answered():
                    self.force_close()  # the answer stands; what is behind it is not looked at
                    return
                self._parse(part)
                if self.transport is None or self.transport.is_closing():
                    return

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Hand on the head of a response."""
        message, _ = data
        if message.code >= _FIRST_FINAL_STATUS or message.code == _SWITCHING_PROTOCOLS:
            if self._has_final:  # the first one stands; of another only the head was parsed
                self._end()
                return
            self._has_final = True
        super().feed_data(data, size)

    def rest(self) -> None:
        """Wait in the pool: until the next request, nothing is expected."""
        self._is_asked = False
        if self.is_connected():
            self._kept.add(self)

    def is_quiet(self) -> bool:
        """Tell whether it may be used again.

        It is open, and nothing has come that nobody asked for, up to this moment.
        """
        if not self.is_connected() or self.should_close or self._reading_paused or self.transport is None:
            return False
        channel = self.transport.get_extra_info("socket")
        if channel is None:
            return False
        waiting = select.poll()
        waiting.register(channel.fileno(), select.POLLIN)
        return not waiting.poll(0)  # what the loop has not read yet: bytes, a record of TLS, or the end

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell the reader of a body, if there is one. aiohttp leaves that out after a malformed trailer."""
        payload = self._payload
        self._kept.discard(self)
        super().connection_lost(exc)
        if payload is not None and not payload.is_eof() and payload.exception() is None:
            payload.set_exception(ClientPayloadError("the connection ended within the body"))

    def _parse(self, part: bytes) -> None:
        super().data_received(part)
        self._arrived += len(part)
        body_bytes = self._payload.total_bytes if self._payload is not None else 0
        if self._arrived > MAX_FRAMING_BYTES + 2 * body_bytes:
            self._refuse(EgressTooLarge("the response has more bytes around its body than in it"))
        if len(self._buffer) > MAX_WAITING_RESPONSES:
            self._refuse(EgressTooLarge(f"there are more than {MAX_WAITING_RESPONSES} responses to one request"))

    def _is_answered(self) -> bool:
        return self._has_final and (self._payload is None or self._payload.is_eof())

    def _end_unasked(self) -> None:
        """The other side speaks before it is asked; nobody hears what it says."""
        self._spoke_first = True
        if self._was_asked:  # else somebody is about to ask, and is told then
            self._end()

    def _end(self) -> None:
        self.force_close()
        if self.transport is not None:
            self.transport.abort()

    def _refuse(self, error: EgressError) -> None:
        """Give the reader of the response *error*; nothing more is read."""
        payload, self._payload = self._payload, None
        if payload is not None:
            payload.set_exception(error)
        self.set_exception(error)
        if self.transport is not None:
            self.transport.close()
