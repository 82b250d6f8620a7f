"""What a connection owes its client, and a server its connections, holds on the short way as on aiohttp's own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.http_parser import RawRequestMessage
from multidict import CIMultiDictProxy

from fixtures.waiting import eventually
from rulemint_gateway.web.connections.connection import Deadlines
from rulemint_gateway.web.connections.open_connections import OpenConnections
from rulemint_gateway.web.connections.server import Runner, Server
from rulemint_gateway.web.http.whole_answer import WholeAnswer

REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n"
PATIENCE_S = 20
LONG = 32 * 1024 * 1024
"""More than a connection of this machine has room for."""


class Endpoint:
    """Answers with what it was sent, once it is told to; by aiohttp and as a shortcut."""

    def __init__(self) -> None:
        self.may_answer = asyncio.Event()
        self.asked: list[bytes] = []
        self.cancelled = 0
        self.short = 0
        self.size = 1
        self.in_the_moment_of_an_answer: list[Callable[[], None]] = []

    async def handle(self, request: web.Request) -> web.Response:
        return (await self._answer(await request.read())).response()

    def takes(self, message: RawRequestMessage) -> bool:
        return not message.should_close and message.path == "/"

    def answer(
        self,
        headers: CIMultiDictProxy[str],  # noqa: ARG002  # it is a `Shortcut`
        body: bytes,
        *,
        peer: str,  # noqa: ARG002  # it is a `Shortcut`
        is_secure: bool,  # noqa: ARG002  # it is a `Shortcut`
    ) -> Coroutine[Any, Any, WholeAnswer]:
        self.short += 1
        return self._answer(body)

    async def _answer(self, body: bytes) -> WholeAnswer:
        self.asked.append(body)
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.in_the_moment_of_an_answer:
            asyncio.get_running_loop().call_soon(self.in_the_moment_of_an_answer.pop())
        return WholeAnswer(200, {"Content-Type": "text/plain"}, body * self.size)


class Opened:
    """A server of one endpoint."""

    def __init__(self, endpoint: Endpoint, runner: Runner, server: Server, port: int) -> None:
        self.endpoint = endpoint
        self.runner = runner
        self.server = server
        self.port = port

    @asynccontextmanager
    async def client(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection that has had an answer already, so that the server waits for its next request."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        try:
            self.endpoint.may_answer.set()
            writer.write(REQUEST + b"0")
            assert await _heard(reader) == b"0"
            self.endpoint.may_answer.clear()
            self.endpoint.asked.clear()
            yield reader, writer
        finally:
            writer.close()


@pytest.fixture(params=["the short way", "aiohttp's way"])
async def opened(request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
    endpoint, is_short = Endpoint(), request.param == "the short way"
    async with AsyncExitStack() as stack:
        application = web.Application()
        application.on_response_prepare.append(_as_ours)
        application.add_routes([web.post("/", endpoint.handle), web.post("/other", endpoint.handle)])
        runner = Runner(
            application,
            deadlines=Deadlines(head_s=5, body_s=5, idle_s=0.5),
            connections=OpenConnections(at_most=100, per_address=100),
            shortcut=endpoint if is_short else None,
            shutdown_timeout=10 * PATIENCE_S,
        )
        server = await runner.set_up()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield Opened(endpoint, runner, server, runner.addresses[0][1])
        assert bool(endpoint.short) == is_short


async def _as_ours(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers["Server"] = "rulemint"


async def _heard(reader: asyncio.StreamReader) -> bytes:
    """The body of the next answer."""
    async with asyncio.timeout(PATIENCE_S):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length: "))
        return await reader.readexactly(int(length.partition(b": ")[2]))


async def until(look: Callable[[], bool]) -> None:
    async def seen() -> bool:
        return look()

    await eventually(seen)


async def test_requests_that_come_meanwhile_are_answered_in_their_order(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        for number in b"1234":
            writer.write(REQUEST + bytes([number]))
            await until(lambda: opened.endpoint.asked == [b"1"])
        opened.endpoint.may_answer.set()
        assert [await _heard(reader) for _ in range(4)] == [b"1", b"2", b"3", b"4"]
    assert opened.endpoint.asked == [b"1", b"2", b"3", b"4"]


async def test_a_client_that_asks_again_at_once_comes_back_to_the_short_way(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        (connection,) = opened.server.connections
        before = opened.endpoint.short
        opened.endpoint.may_answer.set()

        def ask_again() -> None:  # aiohttp has answered, and does not wait yet
            connection.data_received(REQUEST + b"2")
            connection.data_received(REQUEST + b"3")

        opened.endpoint.in_the_moment_of_an_answer = [ask_again]
        writer.write(REQUEST.replace(b"POST / ", b"POST /other ") + b"1")
        assert [await _heard(reader) for _ in range(3)] == [b"1", b"2", b"3"]
        writer.write(REQUEST + b"4")
        assert await _heard(reader) == b"4"
        if before:
            assert opened.endpoint.short == before + 2
    assert opened.endpoint.asked == [b"1", b"2", b"3", b"4"]


async def test_who_asks_again_at_once_and_hangs_up_is_not_answered_again(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        (connection,) = opened.server.connections
        opened.endpoint.may_answer.set()

        def ask_again_and_hang_up() -> None:
            connection.data_received(REQUEST + b"2")
            connection.transport.abort()  # type: ignore[union-attr]  # it is connected

        opened.endpoint.in_the_moment_of_an_answer = [ask_again_and_hang_up]
        writer.write(REQUEST.replace(b"POST / ", b"POST /other ") + b"1")
        assert await _heard(reader) == b"1"
        await until(lambda: opened.server.connections == [])


async def test_only_so_many_are_kept_for_a_client_that_does_not_wait(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        writer.write((REQUEST + b"2") * 1_000)
        (connection,) = opened.server.connections
        await until(lambda: connection._buffer_paused)
        assert len(connection._messages) <= 32
        opened.endpoint.may_answer.set()
        assert [await _heard(reader) for _ in range(1_001)] == [b"1", *[b"2"] * 1_000]


async def test_garbage_behind_a_request_that_is_under_way_ends_the_connection_with_its_answer(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        writer.write(b"\0\r\n\r\n")
        (connection,) = opened.server.connections
        await until(lambda: bool(connection._messages))
        opened.endpoint.may_answer.set()
        async with asyncio.timeout(PATIENCE_S):
            heard = await reader.read(-1)
    assert heard.count(b"HTTP/1.1") == 1
    assert heard.endswith(b"\r\nServer: rulemint\r\nConnection: close\r\n\r\n1")


async def test_a_request_under_way_is_finished_when_the_server_ends(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        ending = asyncio.create_task(opened.runner.cleanup())
        await until(lambda: opened.server.connections[0]._close)
        opened.endpoint.may_answer.set()
        assert await _heard(reader) == b"1"
        async with asyncio.timeout(PATIENCE_S):
            await ending
            assert await reader.read(-1) == b""


async def test_one_that_does_not_end_is_cancelled_with_the_server(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        opened.runner._shutdown_timeout = 0.2
        async with asyncio.timeout(PATIENCE_S):
            await opened.runner.cleanup()
            assert await reader.read(-1) == b""
    await until(lambda: opened.endpoint.cancelled == 1)


async def test_an_idle_connection_ends_with_the_server(opened: Opened) -> None:
    async with opened.client() as (reader, _writer):
        async with asyncio.timeout(PATIENCE_S):
            await opened.runner.cleanup()
            assert await reader.read(-1) == b""


async def test_an_idle_connection_is_closed_after_its_time_and_not_while_it_waits_for_us(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        (connection,) = opened.server.connections
        await until(lambda: connection._keepalive_handle is None)  # it has come, and found a request under way
        opened.endpoint.may_answer.set()
        assert await _heard(reader) == b"1"
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read(-1) == b""


async def test_who_hangs_up_leaves_nothing_behind_once_its_request_is_done(opened: Opened) -> None:
    async with opened.client() as (_reader, writer):
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        writer.transport.abort()
        (connection,) = opened.server.connections
        await until(lambda: connection.transport is None)
        assert opened.server.connections == [connection]
        opened.endpoint.may_answer.set()
        await until(lambda: opened.server.connections == [])
    assert opened.endpoint.cancelled == 0


async def test_the_next_request_waits_until_the_answer_before_is_taken(opened: Opened) -> None:
    async with opened.client() as (reader, writer):
        opened.endpoint.size = LONG
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # asyncio has no other word for it
        opened.endpoint.may_answer.set()
        writer.write(REQUEST + b"1")
        await until(lambda: opened.endpoint.asked == [b"1"])
        writer.write(REQUEST + b"2")
        (connection,) = opened.server.connections
        await until(lambda: len(connection._messages) == 1)
        assert connection.writing_paused
        assert opened.endpoint.asked == [b"1"]
        opened.endpoint.size = 1
        reader._transport.resume_reading()  # type: ignore[attr-defined]  # as above
        assert len(await _heard(reader)) == LONG
        assert await _heard(reader) == b"2"
