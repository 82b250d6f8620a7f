"""The stream over a websocket: one event per text message; what the watcher sends changes its filter."""

from __future__ import annotations

import asyncio

from aiohttp import WSCloseCode, WSMsgType, web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.batch import Event, Form
from rulemint_gateway.log_hub.rendering import render_error, render_filter
from rulemint_gateway.log_hub.watcher import Watcher
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.web.log_stream.admission import PROTOCOL
from rulemint_gateway.web.log_stream.frames import FrameWriter, form_of
from rulemint_gateway.web.log_stream.questions import filter_from_message
from rulemint_shared.clock import unix_ms
from rulemint_shared.process.background import cancel

HEARTBEAT_S = 20.0
FAREWELL_S = 5.0
"""For a watcher to take what was written, and to answer the close; then it is broken off."""
MAX_CLIENT_FRAME_BYTES = 16 * 1024


def a_websocket() -> web.WebSocketResponse:
    """One that is not open yet."""
    return web.WebSocketResponse(
        timeout=FAREWELL_S, heartbeat=HEARTBEAT_S, max_msg_size=MAX_CLIENT_FRAME_BYTES, protocols=(PROTOCOL,)
    )


async def send_frames(
    request: web.Request, socket: web.WebSocketResponse, watcher: Watcher, *, for_s: float, write_timeout_s: float
) -> None:
    """Send until either side ends it, or *for_s* have passed.

    A watcher that does not read for *write_timeout_s* is closed (1013).
    """
    writer = FrameWriter(request)
    hearing = asyncio.create_task(_hear(socket, watcher))
    try:
        code, reason = await _send(writer, watcher, form_of(socket), for_s=for_s, write_timeout_s=write_timeout_s)
    finally:
        await cancel([hearing])  # or aiohttp would not wait for the answer to the close (RFC 6455 §7.1.1)
    await socket.close(code=code, message=reason, drain=False)
    if socket.close_code == WSCloseCode.ABNORMAL_CLOSURE:
        writer.abort()  # it did not answer in time, and the transport waits until what was written is taken


async def _send(
    writer: FrameWriter, watcher: Watcher, form: Form, *, for_s: float, write_timeout_s: float
) -> tuple[WSCloseCode, bytes]:
    """The reason why there is no more to send, as the watcher is told."""
    watcher.hand_to(lambda batch: writer.take(batch.pieces(form)))
    try:
        async with asyncio.timeout(for_s):
            while (batch := await watcher.next_batch()) is not None:
                for frames in batch.pieces(form):
                    writer.write(frames)
                    if writer.is_full and not await _reads_on(writer, write_timeout_s):
                        return WSCloseCode.TRY_AGAIN_LATER, b"not reading"
    except TimeoutError:
        return WSCloseCode.POLICY_VIOLATION, b"the token has expired: come with a new one"
    except (RedisError, OSError):  # ConnectionError is one: then nobody hears this
        return WSCloseCode.TRY_AGAIN_LATER, b"the history cannot be read now"
    if watcher.follows:
        return WSCloseCode.GOING_AWAY, b"the gateway stops, or the token is good no longer"
    return WSCloseCode.OK, b"that was the past"


async def _reads_on(writer: FrameWriter, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            await writer.has_room()
    except TimeoutError:
        return False
    return True


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
