"""The stream over a websocket: one event per text message; what the watcher sends changes its filter."""

from __future__ import annotations

import asyncio

from aiohttp import WSCloseCode, WSMsgType, web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.batch import Event
from rulemint_gateway.log_hub.rendering import render_error, render_filter
from rulemint_gateway.log_hub.watcher import Watcher
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.web.log_stream.admission import PROTOCOL
from rulemint_gateway.web.log_stream.frames import FrameWriter, as_frame
from rulemint_gateway.web.log_stream.questions import filter_from_message
from rulemint_shared.background import cancel
from rulemint_shared.deadline import unix_ms

HEARTBEAT_S = 20.0
SEND_TIMEOUT_S = 30.0
MAX_CLIENT_FRAME_BYTES = 16 * 1024


def a_websocket() -> web.WebSocketResponse:
    """One that is not open yet."""
    return web.WebSocketResponse(
        heartbeat=HEARTBEAT_S, max_msg_size=MAX_CLIENT_FRAME_BYTES, protocols=(PROTOCOL,), compress=False
    )


async def send_frames(request: web.Request, socket: web.WebSocketResponse, watcher: Watcher, *, for_s: float) -> None:
    """Send until either side ends it, or *for_s* have passed; whoever does not read for 30 s is closed (1013)."""
    hearing = asyncio.create_task(_hear(socket, watcher))
    try:
        async with asyncio.timeout(for_s):
            await _send(socket, FrameWriter(request), watcher)
    except TimeoutError:
        await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"the token has expired: come with a new one")
    except (RedisError, OSError):  # ConnectionError is one: then nobody hears this
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"the history cannot be read now")
    finally:
        await cancel([hearing])


async def _send(socket: web.WebSocketResponse, writer: FrameWriter, watcher: Watcher) -> None:
    while (batch := await watcher.next_batch()) is not None:
        for frames in batch.pieces(as_frame):
            writer.write(frames)
            if writer.is_full:
                try:
                    async with asyncio.timeout(SEND_TIMEOUT_S):
                        await writer.has_room()
                except TimeoutError:
                    await _close_unread(socket, writer)
                    return
    if watcher.follows:
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops, or the token is good no longer")
    else:
        await socket.close(message=b"that was the past")


async def _close_unread(socket: web.WebSocketResponse, writer: FrameWriter) -> None:
    """Say why, to a watcher that reads again in time; then break off, for a close waits for what nobody takes."""
    try:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"not reading", drain=False)
    finally:
        writer.abort()


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
