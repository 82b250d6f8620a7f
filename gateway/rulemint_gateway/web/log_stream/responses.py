"""The stream over plain HTTP: newline-delimited JSON, or server-sent events (HTML §9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from aiohttp import web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.batch import Batch, Event, Form
from rulemint_gateway.log_hub.watcher import Watcher

LOOK_FOR_DISCONNECT_S = 2.0
KEEP_ALIVE_S = 15.0
EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"
_COMMENT, _EMPTY_LINE = b":\n\n", b"\n"
"""Keeps a silent connection alive."""


def wants_events(request: web.Request) -> bool:
    """True if the caller asked for server-sent events."""
    return EVENT_STREAM in request.headers.get("Accept", "")


async def send_body(
    request: web.Request, watcher: Watcher, *, for_s: float, write_timeout_s: float, form: Form | None = None
) -> web.StreamResponse:
    """Send until either side ends it, or *for_s* have passed. A reader that stalls for *write_timeout_s* is cut off.

    Without a *form* it is the one that the caller asked for.
    """
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type, silence = (EVENT_STREAM, _COMMENT) if wants_events(request) else (NDJSON, _EMPTY_LINE)
    await response.prepare(request)
    form = form or (as_events if wants_events(request) else as_lines)
    try:
        async with asyncio.timeout(for_s):
            async for batch in _until_disconnected(request, watcher):
                for piece in [silence] if batch is None else batch.pieces(form):
                    async with asyncio.timeout(write_timeout_s):
                        await response.write(piece)
    except (RedisError, OSError):
        pass  # the watcher has gone or stopped reading, its token has expired, or the history cannot be read
    return response


def as_lines(events: Sequence[Event]) -> list[bytes]:
    """One JSON object a line."""
    return [event.data + b"\n" for event in events]


def as_events(events: Sequence[Event]) -> list[bytes]:
    """``id:`` and ``data:``."""
    return [_name_of(event) + b"data: " + event.data + b"\n\n" for event in events]


def _name_of(event: Event) -> bytes:
    return b"" if event.position is None else f"id: {event.position}\n".encode()


async def _until_disconnected(request: web.Request, watcher: Watcher) -> AsyncIterator[Batch | None]:
    """The watcher's batches, and None when there was none for a while; looks whether anyone is still there."""
    silent_s = 0.0
    while True:
        next_batch = asyncio.ensure_future(watcher.next_batch())
        try:
            while not (await asyncio.wait({next_batch}, timeout=LOOK_FOR_DISCONNECT_S))[0]:
                if request.transport is None or request.transport.is_closing():
                    return
                silent_s += LOOK_FOR_DISCONNECT_S
                if silent_s >= KEEP_ALIVE_S:
                    silent_s = 0.0
                    yield None
        finally:
            if not next_batch.done():
                next_batch.cancel()
        batch = next_batch.result()
        if batch is None:
            return
        silent_s = 0.0
        yield batch
