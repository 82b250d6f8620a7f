"""Nothing that a client sends is in any log of the services: a canary in every place of a request."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Callable, Iterator

import aiohttp
import pytest
from bench.free_ports import free_port

from fixtures.management import Management, open_management
from fixtures.processes import started_dev
from fixtures.raw_gateway import Answered
from fixtures.system import System

pytestmark = pytest.mark.timeout(180)

CANARY = f"canary{secrets.token_hex(8)}"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def talkative(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that logs all that it ever logs."""
    data_dir, port = tmp_path_factory.mktemp("talkative") / "data", free_port()
    settings = {"RULEMINT_LOG_LEVEL": "debug", "RULEMINT_HEADER_DEADLINE": "1", "RULEMINT_BODY_DEADLINE": "1"}
    with started_dev(settings, data_dir=data_dir, port=port) as process:
        yield System(f"http://127.0.0.1:{port}", data_dir, process)


def canary() -> bytes:
    return f"{CANARY}{next(_numbers)}".encode()


def post(path: bytes = b"/oauth/token", headers: bytes = b"", body: bytes = b"") -> bytes:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n" + headers
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(chunks: bytes, headers: bytes = b"") -> bytes:
    return (
        post(headers=headers + b"Transfer-Encoding: chunked\r\nX: y\r\n\r\n").replace(b"Content-Length: 0\r\n\r\n", b"")
        + chunks
    )


HEADERS = [
    b"Authorization", b"Proxy-Authorization", b"Cookie", b"Host", b"Content-Type", b"Content-Length",
    b"Content-Encoding", b"Transfer-Encoding", b"Expect", b"Upgrade", b"Connection", b"User-Agent", b"X-Forwarded-For",
    b"Forwarded", b"If-Match", b"Idempotency-Key", b"Origin", b"Referer", b"Accept", b"Sec-WebSocket-Key1",
    b"Sec-WebSocket-Key", b"Sec-WebSocket-Protocol", b"Date", b"Range", b"X-Own",
]  # fmt: skip
VALUES: list[Callable[[], bytes]] = [
    canary,
    lambda: canary() + b"\n" + canary(),
    lambda: canary() + b"\r\n" + canary(),
    lambda: canary() + b"\r" + canary(),
    lambda: canary() + b"\r\n " + canary(),
    lambda: canary() + b"\0" + canary(),
    lambda: canary() + b"\xff\xfe" + canary(),
    lambda: canary() * 500,
    lambda: b"Basic " + canary() + b"\n" + canary(),
    lambda: b"Bearer " + canary(),
]
JSON, FORM = b"Content-Type: application/json\r\n", b"Content-Type: application/x-www-form-urlencoded\r\n"


def requests() -> Iterator[bytes]:
    for name in HEADERS:
        for value in VALUES:
            yield post(headers=name + b": " + value() + b"\r\n")
            yield b"GET /logs HTTP/1.1\r\nHost: localhost\r\n" + name + b": " + value() + b"\r\n\r\n"
    for strange in (b"%s: x", b"%s y: x", b"%s", b"%s\0: x", b"\xff%s: x", b"%s\n: x"):
        yield post(headers=strange % canary() + b"\r\n")
    yield post(headers=canary() * 500 + b": x\r\n")
    for target in (b"/%s", b"/%s?%s=%s", b"/api/v2/clients/%s", b"/%s \0", b"http://%s:99999/", b"%s", b"/\xff%s",
                   b"/oauth/token?%s=%s#%s", b"//%s[", b"/api/webtask/%s/%s", b"/%%zz%s",
                   b"/logs?ticket=%s"):  # fmt: skip
        yield post(target.replace(b"%s", canary()))
        yield b"GET " + target.replace(b"%s", canary()) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield b"GET /" + canary() * 500 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield b"CONNECT " + canary() + b":443 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    yield b"CONNECT " + canary() + b":999999 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for line in (b"%s / HTTP/1.1", b"GET / %s/1.1", b"GET / HTTP/%s", b"%s", b"\x16\x03\x01%s", b"GET / HTTP/1.1 %s"):
        yield line % canary() + b"\r\nHost: localhost\r\n\r\n"
    for body in (b'{"%s":"%s"}', b'{"%s":', b"%s", b'["%s"]', b'{"client_id":"\\ud800%s"}', b'{"grant_type":"%s"}',
                 b'{"scope":"%s %s"}', b'{"a":"\xff%s"}', b'{"%s":1,"%s":1}'):  # fmt: skip
        for path in (b"/oauth/token", b"/api/v2/clients", b"/logs/tickets", b"/api/tokens/issue"):
            yield post(path, JSON, body.replace(b"%s", canary()))
    for body in (b"%s=%s", b"%s", b"grant_type=%s", b"%s=%%ff%s", b"client_id=%s&client_id=%s", b"\xff%s"):
        yield post(headers=FORM, body=body.replace(b"%%", b"%").replace(b"%s", canary()))
    for coding in (b"gzip", b"deflate", b"br"):
        yield post(headers=FORM + b"Content-Encoding: " + coding + b"\r\n", body=canary())
    yield chunked(b"3;" + canary() + b"\r\nabc\r\n0\r\n\r\n", FORM)
    yield chunked(b"3;" + canary() + b"=\1\r\nabc\r\n0\r\n\r\n", FORM)
    yield chunked(canary() + b"\r\n", FORM)
    yield chunked(b"3\r\n" + canary() + b"\r\n0\r\n\r\n", FORM)
    yield chunked(b"0\r\n" + canary() + b": " + canary() + b"\r\n\r\n", FORM)
    yield chunked(b"0\r\n" + canary() + b"\r\n\r\n", FORM)
    yield chunked(b"0\r\nX: " + canary() + b"\0\r\n\r\n", FORM)
    yield post(headers=JSON)[:-4] + b"\r\nX-Late: " + canary()  # never ends
    yield post(headers=JSON, body=b'{"' + canary() * 10)[:-5]  # never ends
    yield b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\0" + canary()


async def said(port: int, request: bytes) -> Answered:
    """What the gateway answers until it closes, or says nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(5):
            return Answered(await reader.read())
    except (TimeoutError, ConnectionError):
        return Answered(b"")
    finally:
        writer.close()


async def test_no_byte_of_a_request_is_logged(talkative: System) -> None:
    port, everything = int(talkative.url.rpartition(":")[2]), list(requests())
    busy = asyncio.Semaphore(40)

    async def ask(request: bytes) -> None:
        async with busy:
            await said(port, request)

    await asyncio.gather(*(ask(request) for request in everything))
    assert len(everything) > 500
    assert talkative.process.process.poll() is None
    assert "requests could not be read" in talkative.process.output, "the log was looked at"
    assert [line for line in talkative.process.lines if CANARY in line] == []
    assert "Traceback" not in talkative.process.output


@pytest.mark.parametrize("style", ["rfc6749", "auth0"])
@pytest.mark.parametrize("how", ["throw new Error(said);", "cb(new Error(said));", "cb(null, said);"])
async def test_what_a_rule_says_of_a_request_is_in_the_tenant_s_log_only(
    talkative: System, how: str, style: str
) -> None:
    script = f"""module.exports = function (client, scope, audience, context, cb) {{
      const said = JSON.stringify(context.body) + context.headers["x-own"]; console.log(said); {how} }};"""
    async with open_management(talkative.url, talkative.admin) as management:
        assert (await management.call("PATCH", "/api/v2/tenants/settings", {"error_style": style})).status == 200
        client = await management.a_client()
        async with management.rule(script):
            answer = await management.ask(client.request(own=CANARY), headers={"X-Own": CANARY})
        assert answer.status >= 400, answer.text
    assert [line for line in talkative.process.lines if CANARY in line] == []


async def test_no_frame_of_a_websocket_is_logged(talkative: System) -> None:
    async with open_management(talkative.url, talkative.admin) as management:
        for frames in (
            [CANARY],
            ['{"' + CANARY],
            [CANARY * 2_000],
        ):
            headers = {"Authorization": f"Bearer {management.token}"}
            async with management.session.ws_connect(f"{management.url}/logs", headers=headers) as socket:
                for frame in frames:
                    await socket.send_str(frame)
                message = await socket.receive()
                assert message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE}
        await _broken_frame(management)
    assert [line for line in talkative.process.lines if CANARY in line] == []


async def _broken_frame(management: Management) -> None:
    """Bytes that are no frame."""
    port = int(management.url.rpartition(":")[2])
    head = (
        b"GET /logs HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer "
    )
    answered = await said(port, head + management.token.encode() + b"\r\n\r\n\xff\xff" + CANARY.encode())
    assert answered.status == 101
