"""The stream over plain HTTP: newline-delimited JSON, or server-sent events (HTML §9.2)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from aiohttp import web
from redis.exceptions import RedisError

from rulemint_gateway.log_hub.watcher import Event, Watcher

SEND_TIMEOUT_S = 30.0
LOOK_FOR_DISCONNECT_S = 2.0
KEEP_ALIVE_S = 15.0
EVENT_STREAM = "text/event-stream"
NDJSON = "application/x-ndjson"


def wants_events(request: web.Request) -> bool:
    """Whether the caller asked for server-sent events."""
    return EVENT_STREAM in request.headers.get("Accept", "")


async def send_body(
    request: web.Request, watcher: Watcher, *, for_s: float, said_as: Callable[[Event], Event] | None = None
) -> web.StreamResponse:
    """Send until either side ends it, or *for_s* have passed; whoever does not read for 30 s is cut off.

    *said_as* makes another event of each.
    """
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type = EVENT_STREAM if wants_events(request) else NDJSON
    await response.prepare(request)
    frame = as_events if wants_events(request) else _as_lines
    try:
        async with asyncio.timeout(for_s):
            async for events in _until_disconnected(request, watcher):
                batch = events if said_as is None else [said_as(event) for event in events]
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await response.write(frame(batch))
    except (RedisError, OSError):
        pass  # the watcher has gone or stopped reading, its token has expired, or the history cannot be read
    return response


def _as_lines(batch: Sequence[Event]) -> bytes:
    """One JSON object a line; an empty line keeps the connection alive."""
    return b"".join(event.data + b"\n" for event in batch) or b"\n"


def as_events(batch: Sequence[Event]) -> bytes:
    """``id:`` and ``data:``; a comment keeps the connection alive."""
    return b"".join(map(_as_event, batch)) or b":\n\n"


def _as_event(event: Event) -> bytes:
    name = b"" if event.position is None else f"id: {event.position}\n".encode()
    return name + b"data: " + event.data + b"\n\n"


async def _until_disconnected(request: web.Request, watcher: Watcher) -> AsyncIterator[list[Event]]:
    """The watcher's batches, and an empty one when there was none for a while; looks whether anyone is still there."""
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
                    yield []
        finally:
            if not next_batch.done():
                next_batch.cancel()
        batch = next_batch.result()
        if batch is None:
            return
        silent_s = 0.0
        yield batch
