"""Clients that ask and do not read, over real sockets: they are cut off, and what waits for them is bounded."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest

from fixtures.management import Management, open_management
from fixtures.raw_gateway import StartRaw

pytestmark = pytest.mark.timeout(120)

LENGTH = 250_000
RULES = 40


@pytest.fixture(scope="module")
async def gateway(start_raw: StartRaw) -> AsyncIterator[Management]:
    """A gateway that soon loses its patience, with few places and 10 MB of scripts."""
    settings = {
        "RULEMINT_WRITE_TIMEOUT": "1.5",
        "RULEMINT_MAX_RULES": str(RULES),
        "RULEMINT_MAX_SCRIPTS_MB": "11",
    }
    with start_raw(**settings) as started:
        async with open_management(f"http://127.0.0.1:{started.port}", started.admin) as opened:
            script = "module.exports = (client, scope, audience, context, cb) => cb(null, {});\n//".ljust(LENGTH, "x")
            for number in range(RULES):
                await opened.create("rules", {"name": f"long {number}", "script": script, "enabled": False})
            yield opened


def asking(gateway: Management, path: str) -> socket.socket:
    """A connection that has asked for *path*, and whose small buffer nobody empties."""
    url = urlsplit(gateway.url)
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.connect((url.hostname, url.port))
    head = f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {gateway.token}\r\n\r\n"
    opened.sendall(head.encode())
    return opened


async def rest_of(opened: socket.socket) -> bytes:
    """What comes until the connection ends, which the server has to do."""

    def read() -> bytes:
        found = bytearray()
        opened.settimeout(20)
        try:
            while data := opened.recv(65_536):
                found += data
        except ConnectionResetError:
            pass
        return bytes(found)

    return await asyncio.to_thread(read)


async def until_cut_off(opened: socket.socket) -> None:
    """Wait, bounded and without reading, until the server has closed the connection (TCP_INFO's first byte)."""
    async with asyncio.timeout(20):
        while opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == 1:  # ESTABLISHED
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("path", ["/api/v2/rules?fields=script&per_page=100", "/api/v2/openapi.json", "/docs/api"])
async def test_a_reader_that_stops_is_cut_off(gateway: Management, path: str) -> None:
    with closing(asking(gateway, path)) as stalled:
        for _ in range(60):  # of a short answer, as many as no buffer of this machine takes
            try:
                stalled.sendall(f"GET {path} HTTP/1.1\r\nHost: {urlsplit(gateway.url).netloc}\r\n\r\n".encode())
            except OSError:
                break
        await until_cut_off(stalled)
    assert (await gateway.call("GET", "/api/v2/rules?per_page=1")).status == 200


async def test_a_reader_that_is_slow_gets_all_of_a_long_answer(gateway: Management) -> None:
    url = urlsplit(gateway.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=8_192)
    path = "/api/v2/rules?fields=script&per_page=100"
    head = f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAuthorization: Bearer {gateway.token}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode())
    size = 0
    while data := await reader.read(100_000):
        size += len(data)
        await asyncio.sleep(0.01)  # slower than it is written, and never for long
    writer.close()
    assert size > RULES * LENGTH


async def test_while_some_do_not_read_the_same_tenant_is_told_to_come_again_or_answered(gateway: Management) -> None:
    with ExitStack() as stack:
        path = "/api/v2/rules?fields=script&per_page=100"
        stalled = [stack.enter_context(closing(asking(gateway, path))) for _ in range(80)]
        answer = await gateway.call("GET", "/api/v2/rules?per_page=1")
        assert answer.status in {200, 503}
        token = await gateway.ask(
            {name: gateway.admin[name] for name in ("client_id", "client_secret", "audience")}
            | {"grant_type": "client_credentials"}
        )
        assert token.status == 200, "a token waits for no reader"
        for each in stalled:
            await until_cut_off(each)
        assert (await gateway.call("GET", "/api/v2/rules?per_page=1")).status == 200


async def test_more_than_a_tenant_may_have_is_refused_in_words_that_name_the_setting(gateway: Management) -> None:
    refused = await gateway.call("POST", "/api/v2/rules", {"name": "one more", "script": "module.exports = 1;"})
    assert (refused.status, refused.body["errorCode"]) == (403, "too_many_entities")
    assert "RULEMINT_MAX_RULES" in refused.body["message"]
    rules = (await gateway.call("GET", "/api/v2/rules?per_page=100")).body
    for draft in (False, True):
        body = {"script": "y" * 262_000, "draft": draft}
        answers_ = [await gateway.call("PATCH", f"/api/v2/rules/{rule['id']}", body) for rule in rules[:8]]
        refusals = [answer.body for answer in answers_ if answer.status != 200]
        assert refusals
        assert {refusal["errorCode"] for refusal in refusals} == {"too_many_entities"}
        assert "RULEMINT_MAX_SCRIPTS_MB" in refusals[0]["message"]
    async with asyncio.timeout(10):
        log = (await gateway.call("GET", "/api/v2/logs?per_page=5")).body
    assert log[0]["type"] == "fapi"
