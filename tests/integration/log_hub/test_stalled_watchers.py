"""Watchers that stop reading, over real sockets whose buffers fill."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import WSCloseCode, web
from aiohttp.test_utils import TestServer

from fixtures.log_records import a_line, write
from fixtures.waiting import eventually
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import LogHub
from rulemint_gateway.web.log_stream import websocket
from rulemint_gateway.web.log_stream.websocket import a_websocket, send_frames
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
def ended() -> asyncio.Event:
    """Set once a watcher has gone."""
    return asyncio.Event()


@pytest.fixture
def sockets() -> list[web.WebSocketResponse]:
    """The server's side of each watcher, in the order in which they came."""
    return []


@pytest.fixture
async def server(
    empty_redis_url: str, ended: asyncio.Event, sockets: list[web.WebSocketResponse]
) -> AsyncIterator[TestServer]:
    async with open_subscriber(empty_redis_url) as subscriber:
        hub = LogHub(subscriber, max_watchers=100)

        async def handle(request: web.Request) -> web.WebSocketResponse:
            try:
                async with hub.watch("one", LogFilter()) as watcher:
                    socket = a_websocket()
                    await socket.prepare(request)
                    sockets.append(socket)
                    await send_frames(request, socket, watcher, for_s=60, write_timeout_s=0.5)
            finally:
                ended.set()
            return socket

        application = web.Application()
        application.router.add_get("/", handle)
        started = TestServer(application)
        async with started:
            yield started
        await hub.close()


async def test_a_watcher_that_stops_reading_is_closed_and_the_others_lose_nothing(
    server: TestServer, sockets: list[web.WebSocketResponse], redis: RedisClient
) -> None:
    lines = [f"{number} {'x' * 8_000}" for number in range(3_000)]
    url = server.make_url("/")
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url) as stalled,
        session.ws_connect(url) as reading,
    ):
        for start in range(0, len(lines), 100):
            await write(redis, "one", *map(a_line, lines[start : start + 100]))
            for line in lines[start : start + 100]:
                assert json.loads(await asyncio.wait_for(reading.receive_str(), 10))["message"] == line
        await eventually(lambda: _is_closed(sockets[0]))
        async with asyncio.timeout(20):
            async for _message in stalled:
                pass
    assert stalled.close_code == WSCloseCode.TRY_AGAIN_LATER


async def test_a_watcher_that_never_reads_again_is_broken_off_and_leaves_its_place(
    server: TestServer, ended: asyncio.Event, redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A close that waits for the watcher to take what was written would wait for ever."""
    monkeypatch.setattr(websocket, "FAREWELL_S", 0.5)
    async with aiohttp.ClientSession() as session, session.ws_connect(server.make_url("/")):
        writing = asyncio.create_task(_write_on(redis))
        async with asyncio.timeout(20):
            await ended.wait()
        await cancel([writing])


async def _is_closed(socket: web.WebSocketResponse) -> bool:
    return socket.closed


async def _write_on(redis: RedisClient) -> None:
    """Until no buffer of this machine takes more."""
    while True:
        await write(redis, "one", *(a_line("x" * 8_000) for _ in range(100)))
