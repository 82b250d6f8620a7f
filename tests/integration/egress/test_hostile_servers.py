"""Servers that would take the broker's memory or time: each call ends at a cap or at its deadline, and costs itself."""

from __future__ import annotations

import asyncio
import functools
import gzip
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import pytest

from fixtures.web import NAME, RawHandler, Web, a_broker
from rulemint_runner.egress.errors import EgressError

HEAD = b"HTTP/1.1 200 OK\r\n"
MAY_GROW_MIB = 48
"""Between many hostile responses, each of which would be gigabytes."""


def sending(first: bytes, pieces: Iterable[bytes]) -> RawHandler:
    """Send *first*, then *pieces* as fast as they are taken."""

    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    return handler


def dripping(first: bytes, drop: bytes) -> RawHandler:
    """Send *first*, then *drop* again and again, slowly."""

    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(first)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.05)

    return handler


def for_ever(piece: bytes) -> Iterable[bytes]:
    return itertools.repeat(piece)


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@functools.cache
def bomb() -> bytes:
    """300 MiB of zeros, as gzip has them."""
    return gzip.compress(bytes(300 * 1024 * 1024))


@pytest.fixture(scope="module", autouse=True)
def _bomb_is_there_before_a_call_waits_for_it() -> None:
    bomb()


class Bomb:
    """The pieces of a body that is one; made when they are sent first."""

    def __init__(self, shape: Callable[[bytes], bytes], *rest: bytes) -> None:
        self._shape, self._rest = shape, rest

    def __iter__(self) -> Iterator[bytes]:
        return iter([self._shape(bomb()), *self._rest])


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FLOODS = {
    "a body of a gigabyte, announced": sending(HEAD + b"Content-Length: 1073741824\r\n\r\n", for_ever(bytes(65_536))),
    "a body without an end": sending(HEAD + b"\r\n", for_ever(bytes(65_536))),
    "chunks without an end": sending(CHUNKED, for_ever(chunk(bytes(65_536)))),
    "small chunks without an end": sending(CHUNKED, for_ever(chunk(b"x") * 10_000)),
    "a gzip bomb": sending(HEAD + b"Content-Encoding: gzip\r\n\r\n", Bomb(bytes)),
    "a gzip bomb in chunks": sending(
        HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n", Bomb(chunk, b"0\r\n\r\n")
    ),
    "headers without an end": sending(HEAD, (b"X-%d: y\r\n" % number for number in itertools.count())),
    "a header without an end": sending(HEAD + b"X: ", for_ever(b"y" * 65_536)),
    "a header's name without an end": sending(HEAD, for_ever(b"y" * 65_536)),
    "a status line without an end": sending(b"HTTP/1.1 200 ", for_ever(b"y" * 65_536)),
    "many large headers": sending(HEAD, [b"X-%d: %s\r\n" % (number, b"y" * 8_000) for number in range(90)] + [b"\r\n"]),
    "large headers": sending(HEAD, [b"X-%d: %s\r\n" % (number, b"y" * 8_000) for number in range(9)] + [b"\r\n"]),
    "a chunk's extension without an end": sending(CHUNKED + b"1;", for_ever(b"y" * 65_536)),
    "a trailer without an end": sending(CHUNKED + b"0\r\nX: ", for_ever(b"y" * 65_536)),
    "trailers without an end": sending(CHUNKED + b"0\r\n", (b"X-%d: y\r\n" % number for number in itertools.count())),
    "interim responses without an end": sending(b"", for_ever(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 500)),
}
DRIPS = {
    "a body": dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunks": dripping(CHUNKED, b"1\r\nx\r\n"),
    "a header": dripping(HEAD + b"X: ", b"y"),
    "a status line": dripping(b"HTTP/1.1 200 ", b"y"),
    "interim responses": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "nothing at all": dripping(b"", b""),
}


@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_ends_and_the_broker_s_memory_stays_flat(web: Web, flood: str) -> None:
    port = await web.serve_raw(FLOODS[flood])
    url = f"http://{NAME}:{port}/"
    async with a_broker(web.authority, web.hosts_file) as web.broker:  # the peak of a process never falls again
        before = web.peak_mib()
        errors = await asyncio.gather(*(web.error(url, tenant=f"t{number % 2}", timeout_s=2) for number in range(8)))
        kinds = {error.partition(":")[0] for error in errors}
        assert kinds <= {"too_large", "failed", "timed_out"}
        assert web.peak_mib() - before < MAY_GROW_MIB
        good = await web.serve_bytes(HEAD + b"Content-Length: 2\r\n\r\nok")
        assert (await web.fetch(f"http://{NAME}:{good}/", tenant="t0")).body == b"ok"


@pytest.mark.parametrize(
    "flood", ["a body of a gigabyte, announced", "a body without an end", "chunks without an end", "a gzip bomb"]
)
async def test_a_body_that_is_too_large_is_named_as_such(web: Web, flood: str) -> None:
    port = await web.serve_raw(FLOODS[flood])
    assert "too_large: the response's body has more than 1048576 bytes" in await web.error(f"http://{NAME}:{port}/")


@pytest.mark.parametrize(
    ("flood", "why"),
    [
        ("small chunks without an end", "more bytes around its body than in it"),
        ("a chunk's extension without an end", "more bytes around its body than in it"),
        ("interim responses without an end", "more than 32 responses to one request"),
        ("many large headers", "more bytes around its body than in it"),
        ("large headers", "headers have more than"),
    ],
)
async def test_a_flood_around_the_body_ends_before_the_deadline(web: Web, flood: str, why: str) -> None:
    port = await web.serve_raw(FLOODS[flood])
    error = await web.error(f"http://{NAME}:{port}/", timeout_s=25)
    assert error.startswith("too_large: ")
    assert why in error


async def test_a_malformed_trailer_ends_the_body_at_once(web: Web) -> None:
    async def handler(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED + chunk(b"hello"))
        await asyncio.sleep(0.1)  # so that the body is being read already
        writer.write(b"0\r\nX: " + b"y" * 100_000)
        await asyncio.Event().wait()

    port = await web.serve_raw(handler)
    assert "failed: " in await web.error(f"http://{NAME}:{port}/", timeout_s=25)


@pytest.mark.parametrize("drip", DRIPS)
async def test_a_drip_ends_at_the_deadline(web: Web, drip: str) -> None:
    port = await web.serve_raw(DRIPS[drip])
    assert "timed_out: " in await web.error(f"http://{NAME}:{port}/", timeout_s=0.5)


async def test_a_server_that_takes_no_body_ends_at_the_deadline(web: Web) -> None:
    async def never_read(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport has it
        await asyncio.Event().wait()

    port = await web.serve_raw(never_read)
    error = await web.error(f"http://{NAME}:{port}/", method="POST", body=bytes(1_000_000), timeout_s=0.5)
    assert "timed_out: " in error


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nnot gzip",
        b"HTTP/1.1 200 OK\r\nX\0: y\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
    ],
)
async def test_what_is_no_http_fails(web: Web, answer: bytes) -> None:
    port = await web.serve_bytes(answer)
    assert "failed: " in await web.error(f"http://{NAME}:{port}/", timeout_s=5)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"X" * 300 + b": y\r\n\r\n",
        HEAD + b"X: y\r\n" * 101 + b"\r\n",
        HEAD + b"X: " + b"y" * 8_189 + b"\r\n\r\n",
        HEAD + b": y\r\n\r\n",
        b"HTTP/1.1 200 " + b"\xc3\xa9" * 3_000 + b"\r\n\r\n",
        b"HTTP/1.1 000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 302 OK\r\nLocation: https://\xff\xfe/\r\n\r\n",
        b"HTTP/1.1 302 OK\r\nLocation: /" + b"\xc3\xa9" * 3_000 + b"\r\n\r\n",
    ],
)
async def test_no_response_makes_the_broker_break_its_own_protocol(web: Web, answer: bytes) -> None:
    """The runner ends a broker that does, and with it every other tenant's calls."""
    pid = web.broker.pid
    port = await web.serve_bytes(answer)
    with suppress(EgressError):
        await web.fetch(f"http://{NAME}:{port}/")
    assert web.broker.pid == pid


async def test_bytes_that_are_no_text_come_through_as_latin_1(web: Web) -> None:
    port = await web.serve_bytes(b"HTTP/1.1 200 O\xffK\r\nX: \xe9\xff\r\nContent-Length: 0\r\n\r\n")
    fetched = await web.fetch(f"http://{NAME}:{port}/")
    assert dict(fetched.headers)["x"] == "éÿ"
    assert fetched.reason.isascii()


async def test_what_a_server_adds_behind_its_response_never_reaches_another_call(web: Web) -> None:
    """Response splitting on a kept connection: the surplus must not answer the next request."""
    port = await web.serve_bytes(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
    )
    for _ in range(3):
        assert (await web.fetch(f"http://{NAME}:{port}/")).body == b"ok"


async def test_a_port_where_nobody_listens_fails(web: Web) -> None:
    assert await web.error(f"http://{NAME}:1/") == "failed: cannot connect: Connection refused"
