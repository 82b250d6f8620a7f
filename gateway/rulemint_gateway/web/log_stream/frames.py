"""Websocket frames (RFC 6455 §5.2), many in one write: what all watchers see is framed, and compressed, once.

aiohttp's own `send_str` frames every message anew for every watcher, and has no way to send one that is framed. So the
frames go to the request's transport by themselves. Two facts make that sound, and test_websocket_frames.py holds both.
aiohttp writes each of its own frames (pings, the close) in one call. It keeps nothing back that would have to go out
first.

Compressed messages (RFC 7692) refer to those before them in their batch, and to nothing else. That is good for every
watcher that had the whole batch, so all share one compressor's work.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

from aiohttp import hdrs, web

from rulemint_gateway.log_hub.batch import Event, Form
from rulemint_shared.process.growing_pause import GrowingPause

WAITING_BYTES = 64 * 1024
"""Written, and not taken by the kernel: with more, the writer waits for the reader."""
DEFLATED_FROM = 8
"""Events of a batch: fewer gain little by compression."""
_FINAL_TEXT, _COMPRESSED = 0x81, 0x40
_DEFLATE = "permessage-deflate"
_LEVEL, _WINDOW_BITS, _MEMORY_LEVEL = 1, 13, 5
"""Records are much alike: that far back, the fastest level finds nearly all, in 50 KiB of memory."""
_END_OF_FLUSH = b"\x00\x00\xff\xff"


def form_of(socket: web.WebSocketResponse) -> Form:
    """The form that an open *socket* agreed to: to compression only with everything that RFC 7692 §7.1 leaves open."""
    return as_deflated_frames if socket.headers.get(hdrs.SEC_WEBSOCKET_EXTENSIONS) == _DEFLATE else as_frames


def as_frames(events: Sequence[Event]) -> list[bytes]:
    """A text message each, in one frame, unmasked as a server's are."""
    return [_head(len(event.data), _FINAL_TEXT) + event.data for event in events]


def as_deflated_frames(events: Sequence[Event]) -> list[bytes]:
    """As `as_frames`, compressed if they are many (RFC 7692 §7.2.1)."""
    if len(events) < DEFLATED_FROM:
        return as_frames(events)
    deflating = zlib.compressobj(_LEVEL, zlib.DEFLATED, -_WINDOW_BITS, _MEMORY_LEVEL)
    frames = []
    for event in events:
        message = deflating.compress(event.data) + deflating.flush(zlib.Z_SYNC_FLUSH)
        message = message.removesuffix(_END_OF_FLUSH)
        frames.append(_head(len(message), _FINAL_TEXT | _COMPRESSED) + message)
    return frames


def _head(length: int, first: int) -> bytes:
    if length < 126:
        return struct.pack("!BB", first, length)
    if length < 2**16:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)


class FrameWriter:
    """Writes frames on the connection of a websocket that is open."""

    def __init__(self, request: web.Request) -> None:
        """*request* is what the websocket was opened with.

        Raises:
            ConnectionResetError: the watcher has gone.
        """
        if request.transport is None:
            raise ConnectionResetError("the watcher has gone")
        self._transport = request.transport

    def write(self, frames: bytes) -> None:
        """Write whole frames; never waits.

        Raises:
            ConnectionResetError: the connection is closed.
        """
        if self._transport.is_closing():
            raise ConnectionResetError("the websocket is closed")
        self._transport.write(frames)

    def take(self, pieces: list[bytes]) -> bool:
        """Write *pieces* if that is one call and the watcher reads; else say no, and leave them to who can wait."""
        if len(pieces) > 1 or self._transport.is_closing() or self.is_full:
            return False
        self.write(pieces[0])
        return True

    @property
    def is_full(self) -> bool:
        """True if more should be written only once the watcher has read."""
        return self._transport.get_write_buffer_size() > WAITING_BYTES

    async def has_room(self) -> None:
        """Return once the watcher has read enough, or has gone.

        That is found out by looking, for aiohttp keeps to itself when a transport has room.
        """
        pause = GrowingPause(0.001, 0.05)
        while self.is_full:
            await pause.wait()

    def abort(self) -> None:
        """Break the connection, and forget what the watcher has not taken."""
        self._transport.abort()
