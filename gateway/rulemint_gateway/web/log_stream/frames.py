"""Websocket frames (RFC 6455 §5.2), many in one write: what all watchers see is framed once.

aiohttp's own `send_str` frames every message anew for every watcher, and has no way to send one that is framed. So the
frames go to the request's transport by themselves. Three things make that sound, and test_websocket_frames.py holds
them: aiohttp writes each of its own frames (pings, the close) in one call and none within another's; it keeps nothing
back that would have to go out first; and the messages are not compressed, so no frame depends on one before it.
"""

from __future__ import annotations

import asyncio
import struct

from aiohttp import web

from rulemint_gateway.log_hub.batch import Event

WAITING_BYTES = 64 * 1024
"""Written, and not taken by the kernel: with more, the writer waits for the reader."""
FIRST_LOOK_S, LONGEST_LOOK_S = 0.001, 0.05
_FINAL_TEXT = 0x81


def as_frame(event: Event) -> bytes:
    """One text message in one frame, unmasked as a server's are."""
    return frame_of(event.data)


def frame_of(message: bytes) -> bytes:
    """The frame of one text message."""
    length = len(message)
    if length < 126:
        return struct.pack("!BB", _FINAL_TEXT, length) + message
    if length < 2**16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, length) + message
    return struct.pack("!BBQ", _FINAL_TEXT, 127, length) + message


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

    @property
    def is_full(self) -> bool:
        """Whether more should be written only once the watcher has read."""
        return self._transport.get_write_buffer_size() > WAITING_BYTES

    async def has_room(self) -> None:
        """Return once the watcher has read enough, or has gone."""
        await self._until_at_most(WAITING_BYTES)

    async def break_off(self, *, within_s: float) -> None:
        """Break the connection if the watcher has not taken all that was written *within_s* from now."""
        try:
            async with asyncio.timeout(within_s):
                await self._until_at_most(0)
        except TimeoutError:
            self._transport.abort()

    async def _until_at_most(self, size: int) -> None:
        """Look again and again: aiohttp keeps to itself when a transport has room. One that is closed has nothing."""
        look_s = FIRST_LOOK_S
        while self._transport.get_write_buffer_size() > size:
            await asyncio.sleep(look_s)
            look_s = min(LONGEST_LOOK_S, look_s * 2)
