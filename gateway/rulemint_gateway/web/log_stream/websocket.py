"""The stream over a websocket: one event per text frame; what the watcher sends changes its filter."""

from __future__ import annotations

import asyncio
import struct
from functools import lru_cache

from aiohttp import WSCloseCode, WSMsgType, web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.rendering import render_error, render_filter
from rulemint_gateway.log_hub.watcher import Event, Watcher
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.web.log_stream.admission import PROTOCOL
from rulemint_gateway.web.log_stream.questions import filter_from_message
from rulemint_shared.background import cancel
from rulemint_shared.deadline import unix_ms

HEARTBEAT_S = 20.0
SEND_TIMEOUT_S = 30.0
MAX_CLIENT_FRAME_BYTES = 16 * 1024
WRITTEN_AT_ONCE = 100
"""Records; a watcher that reads slowly holds so much of them beside its buffer."""
FRAMES_KEPT = 500
_FINAL_TEXT = 0x81


class FrameSocket(web.WebSocketResponse):
    """A websocket that takes many messages at once, framed already: what all watchers see is framed once."""

    async def write_frames(self, frames: bytes) -> None:
        """Write whole frames in one call; waits while the watcher's buffers are full.

        Raises:
            ConnectionError: it is closed.
        """
        if self.closed:
            raise ConnectionResetError("the websocket is closed")
        await web.StreamResponse.write(self, frames)


def a_websocket() -> FrameSocket:
    """One that is not open yet."""
    return FrameSocket(
        heartbeat=HEARTBEAT_S, max_msg_size=MAX_CLIENT_FRAME_BYTES, protocols=(PROTOCOL,), compress=False
    )


async def send_frames(socket: FrameSocket, watcher: Watcher, *, for_s: float) -> None:
    """Send until either side ends it, or *for_s* have passed; whoever does not read for 30 s is closed (1013)."""
    hearing = asyncio.create_task(_hear(socket, watcher))
    try:
        async with asyncio.timeout(for_s):
            await _send(socket, watcher)
    except TimeoutError:
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"the token has expired: come with a new one")
    except (RedisError, OSError):  # ConnectionError is one: then nobody hears this
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"the history cannot be read now")
    finally:
        await cancel([hearing])


async def _send(socket: FrameSocket, watcher: Watcher) -> None:
    while (batch := await watcher.next_batch()) is not None:
        for start in range(0, len(batch), WRITTEN_AT_ONCE):
            frames = b"".join([frame_of(event.data) for event in batch[start : start + WRITTEN_AT_ONCE]])
            try:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await socket.write_frames(frames)
            except TimeoutError:
                await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"not reading")
                return
    if watcher.follows:
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops, or the token is good no longer")
    else:
        await socket.close(message=b"that was the past")


@lru_cache(maxsize=FRAMES_KEPT)
def frame_of(message: bytes) -> bytes:
    """One text message in one frame, unmasked as a server's are (RFC 6455 §5.2)."""
    length = len(message)
    if length < 126:
        return struct.pack("!BB", _FINAL_TEXT, length) + message
    if length < 2**16:
        return struct.pack("!BBH", _FINAL_TEXT, 126, length) + message
    return struct.pack("!BBQ", _FINAL_TEXT, 127, length) + message


async def _hear(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    """Take new filters, answer pings, and notice the end."""
    async for message in socket:
        if message.type is WSMsgType.TEXT:
            watcher.offer(Event(None, _changed_filter(watcher, message.data)))
    watcher.close()


def _changed_filter(watcher: Watcher, data: str) -> bytes:
    try:
        watcher.filter = filter_from_message(data)
    except InvalidBodyError as error:
        return render_error(error.message, now_ms=unix_ms())
    return render_filter(watcher.filter, now_ms=unix_ms())
