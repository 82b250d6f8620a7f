from __future__ import annotations

import ssl
from typing import Any

import pytest
import trustme
from aiohttp import WSCloseCode, web
from aiohttp.test_utils import TestClient, TestServer

from fixtures.log_records import a_line, write
from rulemint_gateway.log_hub.batch import PIECE_BYTES, Batch, Event
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import Beginning, LogHub
from rulemint_gateway.web.log_stream.admission import PROTOCOL
from rulemint_gateway.web.log_stream.frames import DEFLATED_FROM, FrameWriter, as_deflated_frames, as_frames, form_of
from rulemint_gateway.web.log_stream.websocket import MAX_CLIENT_FRAME_BYTES, a_websocket, send_frames
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.streams.log_stream import START

LENGTHS = (0, 1, 125, 126, 127, 65_535, 65_536, 100_000)
"""Around the two lengths at which a frame's header grows (RFC 6455 §5.2)."""
COMPRESSING = {"compress": 15}


def texts(lengths: tuple[int, ...], count: int) -> list[str]:
    return [f"{'abcdefgh'[number % 8]}" * length for number in range(count) for length in lengths]


async def received(batches: list[list[str]], *, asked_for: dict[str, Any]) -> tuple[list[str], web.WebSocketResponse]:
    """What a client that aiohttp wrote reads of *batches*, with pings of the server's own between them."""
    served: list[web.WebSocketResponse] = []

    async def write_all(request: web.Request) -> web.StreamResponse:
        socket = a_websocket()
        served.append(socket)
        await socket.prepare(request)
        writer = FrameWriter(request)
        for batch in batches:
            for piece in Batch([Event(None, text.encode()) for text in batch]).pieces(form_of(socket)):
                writer.write(piece)
                await socket.ping(b"between")
        await socket.close(code=WSCloseCode.GOING_AWAY)
        return socket

    application = web.Application()
    application.router.add_get("/", write_all)
    async with (
        TestClient(TestServer(application)) as client,
        client.ws_connect("/", protocols=[PROTOCOL], **asked_for) as socket,
    ):
        messages = [message.data async for message in socket]
        assert socket.close_code == WSCloseCode.GOING_AWAY
    return messages, served[0]


@pytest.mark.parametrize("asked_for", [{}, COMPRESSING], ids=["plain", "compressed"])
@pytest.mark.parametrize("count", [1, 3])
async def test_a_client_reads_messages_of_every_length_that_were_written_together(
    count: int, asked_for: dict[str, Any]
) -> None:
    batches = [texts(LENGTHS, count), ["few"], texts(LENGTHS, count)]
    messages, _socket = await received(batches, asked_for=asked_for)
    assert messages == [text for batch in batches for text in batch]


@pytest.mark.parametrize(
    ("asked_for", "form"),
    [
        ({}, as_frames),
        (COMPRESSING, as_deflated_frames),
        ({"headers": {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}}, as_deflated_frames),
        ({"headers": {"Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover"}}, as_frames),
        ({"headers": {"Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=9"}}, as_frames),
        ({"headers": {"Sec-WebSocket-Extensions": "x-webkit-deflate-frame"}}, as_frames),
    ],
    ids=["nothing", "aiohttp", "as browsers do", "no context", "a small window", "something else"],
)
async def test_messages_are_compressed_if_the_client_offers_it_and_limits_nothing(
    asked_for: dict[str, Any], form: object
) -> None:
    _messages, socket = await received([], asked_for=asked_for)
    assert form_of(socket) is form


async def test_a_watcher_over_tls_reads_everything_and_why_it_is_closed(empty_redis_url: str) -> None:
    authority, context = trustme.CA(), ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with open_redis(empty_redis_url) as redis:
        hub = LogHub(redis, max_watchers=10)
        await write(redis, "one", *(a_line("x" * 8_000) for _ in range(300)))

        async def show_the_past(request: web.Request) -> web.StreamResponse:
            async with hub.watch("one", LogFilter(), Beginning(after=START, follow=False)) as watcher:
                socket = a_websocket()
                await socket.prepare(request)
                await send_frames(request, socket, watcher, for_s=60, write_timeout_s=30)
                return socket

        application = web.Application()
        application.router.add_get("/", show_the_past)
        server = TestServer(application, scheme="https")
        await server.start_server(ssl=context)
        async with TestClient(server) as client, client.ws_connect("/", ssl=trusting) as socket:
            messages = [message async for message in socket]
            assert (len(messages), socket.close_code) == (300, WSCloseCode.OK)
        await hub.close()


async def test_a_compressed_message_that_is_large_only_once_inflated_closes_the_websocket() -> None:
    async def listen(request: web.Request) -> web.StreamResponse:
        socket = a_websocket()
        await socket.prepare(request)
        async for _message in socket:
            pass
        return socket

    application = web.Application()
    application.router.add_get("/", listen)
    async with TestClient(TestServer(application)) as client, client.ws_connect("/", compress=15) as socket:
        await socket.send_str(" " * 10 * MAX_CLIENT_FRAME_BYTES)
        async for _message in socket:
            pass
        assert socket.close_code == WSCloseCode.MESSAGE_TOO_BIG


def test_many_records_that_are_alike_take_a_fifth_of_their_bytes_compressed() -> None:
    events = [Event(None, f'{{"type":"line","message":"asked by client {number}"}}'.encode()) for number in range(100)]
    plain, deflated = (sum(map(len, form(events))) for form in (as_frames, as_deflated_frames))
    assert deflated < plain / 5


def test_few_records_are_not_compressed() -> None:
    events = [Event(None, b"a line")] * (DEFLATED_FROM - 1)
    assert as_deflated_frames(events) == as_frames(events)


def test_pieces_are_of_whole_messages_and_only_one_message_makes_a_large_one() -> None:
    events = [Event(None, b"x" * length) for length in (10, PIECE_BYTES, 10, PIECE_BYTES // 2, PIECE_BYTES // 2, 10)]
    pieces = Batch(events).pieces(as_frames)
    assert b"".join(pieces) == b"".join(as_frames(events))
    assert [len(piece) > PIECE_BYTES for piece in pieces] == [False, True, False, False]


def test_watchers_that_share_a_batch_share_the_bytes() -> None:
    batch = Batch([Event(None, b"a line")])
    assert batch.pieces(as_frames)[0] is batch.pieces(as_frames)[0]
    assert batch.pieces(as_deflated_frames) is not batch.pieces(as_frames)
