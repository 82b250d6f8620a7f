"""``GET /logs``: a websocket, or the same records as newline-delimited JSON."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
from aiohttp import WSCloseCode, web

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import LogHub, Watcher
from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import authorize, check_origin

SCOPE = "read:logs"
TOKEN_PARAMETER = "access_token"  # noqa: S105  # the name of a query parameter (RFC 6750 §2.3)
HEARTBEAT_S = 20.0
SEND_TIMEOUT_S = 30.0
LOOK_FOR_DISCONNECT_S = 2.0
MAX_CLIENT_FRAME_BYTES = 4_096


class LogStream:
    """Live log records of the caller's own tenant."""

    def __init__(self, catalog: Catalog, hub: LogHub) -> None:
        self._catalog = catalog
        self._hub = hub

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Records from now on, until either side ends it.

        Raises:
            ManagementError: no token with ``read:logs``, a foreign origin, or a malformed filter.
        """
        check_origin(request)
        caller = authorize(request, self._catalog, scope=SCOPE, query_parameter=TOKEN_PARAMETER)
        log_filter = _filter_of(request)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_CLIENT_FRAME_BYTES)
        if socket.can_prepare(request).ok:
            async with self._hub.watch(caller.tenant, log_filter) as watcher:
                await socket.prepare(request)
                await _send_frames(socket, watcher)
            return socket
        async with self._hub.watch(caller.tenant, log_filter) as watcher:
            return await _send_lines(request, watcher)


async def _send_frames(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    """One record per text frame; a watcher that stops reading for 30 s is closed."""
    reader = asyncio.create_task(_read_until_closed(socket, watcher))
    try:
        while (batch := await watcher.next_batch()) is not None:
            for record in batch:
                async with asyncio.timeout(SEND_TIMEOUT_S):
                    await socket.send_str(record.decode())
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops")
    except TimeoutError:
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"not reading")
    except ConnectionError:
        pass  # the watcher has gone
    finally:
        reader.cancel()


async def _read_until_closed(socket: web.WebSocketResponse, watcher: Watcher) -> None:
    """Answer pings and notice the end; what a watcher sends means nothing yet."""
    async for _message in socket:
        pass
    watcher.close()


async def _send_lines(request: web.Request, watcher: Watcher) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type = "application/x-ndjson"
    await response.prepare(request)
    try:
        async for batch in _until_disconnected(request, watcher):
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await response.write(b"\n".join(batch) + b"\n")
    except (ConnectionError, TimeoutError):
        pass  # the watcher has gone, or stopped reading
    return response


async def _until_disconnected(request: web.Request, watcher: Watcher) -> AsyncIterator[list[bytes]]:
    """The watcher's batches; looks now and then whether anyone is still there."""
    while True:
        next_batch = asyncio.ensure_future(watcher.next_batch())
        try:
            while not (await asyncio.wait({next_batch}, timeout=LOOK_FOR_DISCONNECT_S))[0]:
                if request.transport is None or request.transport.is_closing():
                    return
        finally:
            if not next_batch.done():
                next_batch.cancel()
        batch = next_batch.result()
        if batch is None:
            return
        yield batch


def _filter_of(request: web.Request) -> LogFilter:
    given = {name: value for name, value in request.query.items() if name != TOKEN_PARAMETER}
    try:
        return msgspec.convert(given, LogFilter)
    except msgspec.ValidationError as error:
        names = ", ".join(LogFilter.__struct_fields__)
        raise InvalidBodyError(f"{error}. The filters are: {names}", code="invalid_query_string") from None
