from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from rulemint_gateway.web.log_stream.admission import PROTOCOL
from rulemint_gateway.web.log_stream.frames import FrameWriter, frame_of
from rulemint_gateway.web.log_stream.websocket import a_websocket

LENGTHS = (0, 1, 125, 126, 127, 65_535, 65_536, 100_000)
"""Around the two lengths at which a frame's header grows (RFC 6455 §5.2)."""


@pytest.mark.parametrize("count", [1, 3])
async def test_a_client_reads_messages_of_every_length_that_were_written_together(count: int) -> None:
    async def write_all(request: web.Request) -> web.StreamResponse:
        socket = a_websocket()
        await socket.prepare(request)
        for length in LENGTHS:
            FrameWriter(request).write(b"".join(frame_of(b"a" * length) for _ in range(count)))
        await socket.close()
        return socket

    application = web.Application()
    application.router.add_get("/", write_all)
    async with TestClient(TestServer(application)) as client, client.ws_connect("/", protocols=[PROTOCOL]) as socket:
        messages = [message.data async for message in socket]
    assert [len(message) for message in messages] == [length for length in LENGTHS for _ in range(count)]
    assert set("".join(messages)) == {"a"}
