"""What servers do with a connection that is kept: nothing on it ever answers another call, of this rule or another."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web as http

from fixtures.waiting import eventually
from fixtures.web import NAME, RawHandler, Web
from rulemint_runner.egress.errors import EgressError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"

over_both = pytest.mark.parametrize("scheme", ["http", "https"])


@dataclass
class Server:
    """Answers the first request of each connection, then does something else with it; counts its connections."""

    web: Web
    scheme: str
    connections: int = 0
    left: int = 0
    url: str = ""
    spoken: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, converse: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        port = await self.web.serve_raw(self._counting(converse), tls=self._tls())
        self.url = f"{self.scheme}://{NAME}:{port}/"

    def _counting(self, converse: RawHandler) -> RawHandler:
        async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.connections += 1
            try:
                await converse(reader, writer)
                while await reader.read(65_536):  # until the other side has gone
                    pass
            finally:
                self.left += 1

        return handler

    def _tls(self) -> ssl.SSLContext | None:
        return self.web.authority.server() if self.scheme == "https" else None

    async def gone(self) -> int:
        return self.left


@pytest.fixture
def server(web: Web, scheme: str) -> Server:
    return Server(web, scheme)


@over_both
async def test_what_arrives_on_an_idle_connection_costs_the_connection_and_answers_nobody(
    web: Web, server: Server
) -> None:
    async def speaks_later(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await writer.drain()
        await server.spoken.wait()
        writer.write(EVIL)
        await writer.drain()

    await server.serve(speaks_later)
    assert (await web.fetch(server.url)).body == b"ok"
    server.spoken.set()
    await eventually(server.gone, lambda left: left == 1)  # the broker hung up
    server.spoken.clear()
    assert (await web.fetch(server.url)).body == b"ok"
    assert server.connections == 2


@over_both
async def test_of_several_idle_connections_none_that_has_spoken_is_used_again(web: Web, server: Server) -> None:
    together = asyncio.Barrier(3)

    async def speaks_later(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if server.connections > together.parties:
            writer.write(OK)
            return
        await together.wait()
        writer.write(OK)
        await server.spoken.wait()
        writer.write(EVIL)
        await writer.drain()

    await server.serve(speaks_later)
    first = await asyncio.gather(*(web.fetch(server.url) for _ in range(together.parties)))
    server.spoken.set()
    assert [answer.body for answer in first] == [b"ok"] * 3
    await eventually(server.gone, lambda gone: gone == together.parties)
    assert (await web.fetch(server.url)).body == b"ok"
    assert server.connections == together.parties + 1


@over_both
@pytest.mark.parametrize("words", [b"H", b"\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", EVIL * 3, bytes(100_000)])
async def test_a_single_byte_is_enough_and_a_flood_is_not_read(web: Web, server: Server, words: bytes) -> None:
    async def speaks_later(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        await server.spoken.wait()
        writer.write(words)

    await server.serve(speaks_later)
    assert (await web.fetch(server.url)).body == b"ok"
    server.spoken.set()
    await eventually(server.gone, lambda left: left == 1)
    server.spoken.clear()
    assert (await web.fetch(server.url)).body == b"ok"


SURPLUS = {
    "a whole response": OK + EVIL,
    "two whole responses": OK + EVIL + EVIL,
    "the beginning of a response": OK + EVIL[:5],
    "one byte": OK + b"H",
    "more than its Content-Length": OK + b"evil" * 10,
    "more than 64 KiB": OK + b"x" * 100_000,
    "a line's end": OK + b"\r\n",
    "a response behind the last chunk": CHUNKED + EVIL,
    "a byte behind the last chunk": CHUNKED + b"H",
    "a response behind an interim one": b"HTTP/1.1 100 Continue\r\n\r\n" + OK + EVIL,
    "a response behind one that says close": OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + EVIL,
}


@over_both
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "byte by byte"])
@pytest.mark.parametrize("answer", SURPLUS.values(), ids=SURPLUS)
async def test_what_is_behind_a_response_is_never_the_next_one(
    web: Web, server: Server, answer: bytes, at_once: bool
) -> None:
    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = len(answer) if at_once else min(len(answer), 200)
        for piece in (answer[:ends],) if at_once else (answer[at : at + 1] for at in range(ends)):
            writer.write(piece)
            await writer.drain()
        writer.write(answer[ends:])

    await server.serve(handler)
    for number in range(1, 4):
        try:
            assert (await web.fetch(server.url, timeout_s=5)).body == b"ok"
        except EgressError as error:  # of what is no HTTP the whole is refused
            assert "not valid HTTP" in str(error)  # noqa: PT017  # either may come
        assert server.connections == number


@over_both
@pytest.mark.parametrize("method", ["HEAD", "GET"])
async def test_a_body_that_no_response_has_is_never_the_next_response(web: Web, server: Server, method: str) -> None:
    status = b"200 OK" if method == "HEAD" else b"204 No Content"

    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n\r\n" % len(EVIL) + EVIL)

    await server.serve(handler)
    for number in range(1, 4):
        try:
            assert (await web.fetch(server.url, method=method, timeout_s=5)).body == b""
        except EgressError as error:  # of what is no HTTP the whole is refused
            assert "not valid HTTP" in str(error)  # noqa: PT017  # either may come
        assert server.connections == number


@over_both
@pytest.mark.parametrize("end", ["Connection: close", "an end", "a reset"])
async def test_a_connection_that_ends_is_not_used_again(web: Web, server: Server, end: str) -> None:
    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") if end == "Connection: close" else OK)
        await writer.drain()
        if end == "an end":
            writer.close()
        elif end == "a reset":
            writer.transport.abort()

    await server.serve(handler)
    for number in range(1, 4):
        assert (await web.fetch(server.url)).body == b"ok"
        await eventually(server.gone, lambda left, number=number: left == number)  # type: ignore[misc]  # of an int
        assert server.connections == number


@over_both
async def test_a_rule_keeps_its_connection_and_shares_it_with_no_other_rule_of_its_tenant(
    web: Web, scheme: str
) -> None:
    async def peer(request: http.Request) -> http.Response:
        return http.Response(text=str(request.transport and request.transport.get_extra_info("peername")))

    port = await web.serve(peer, tls=web.authority.server() if scheme == "https" else None)
    url = f"{scheme}://{NAME}:{port}/"
    peers = [(await web.fetch(url, rule=rule)).body for rule in ("one", "two", "one", "two", "one with new secrets")]
    assert peers[0] == peers[2]
    assert peers[1] == peers[3]
    assert len(set(peers)) == 3
