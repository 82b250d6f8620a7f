"""Clients that leave in the middle of their body: a number in the metrics, and nothing else."""

from __future__ import annotations

import socket
import urllib.parse
from collections.abc import Iterator

import pytest

from fixtures.processes import until
from fixtures.raw_gateway import RawGateway, StartRaw

pytestmark = pytest.mark.timeout(120)

PARTS = {
    "a form": b"POST /oauth/token HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n",
    "JSON": b"POST /oauth/token HTTP/1.1\r\nContent-Type: application/json\r\n",
    "gzip": b"POST /oauth/token HTTP/1.1\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n",
    "no type": b"POST /oauth/token HTTP/1.1\r\n",
    "management": b"POST /api/v2/clients HTTP/1.1\r\nContent-Type: application/json\r\n",
    "a change": b"PATCH /api/v2/rules/rul_1 HTTP/1.1\r\nContent-Type: application/json\r\n",
    "nowhere": b"POST /nowhere HTTP/1.1\r\n",
    "a probe": b"GET /healthz HTTP/1.1\r\n",
    "a log stream": b"GET /logs HTTP/1.1\r\n",
    "a webtask": b"PUT /api/webtask/a/b HTTP/1.1\r\nContent-Type: application/json\r\n",
    "an upgrade": b"GET /logs HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
}
REST = {"with a length": b"Content-Length: 60000\r\n\r\n{", "in chunks": b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"}


@pytest.fixture(scope="module")
def gateway(start_raw: StartRaw) -> Iterator[RawGateway]:
    with start_raw() as started:
        yield started


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("rest", REST.values(), ids=REST)
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_nothing_is_logged(gateway: RawGateway, part: bytes, rest: bytes, reset: bool) -> None:
    lines, gone = len(gateway.process.lines), gateway.cut_short("client_gone")
    method, _, headers = part.partition(b"\r\n")
    token = _token(gateway).encode()
    own = method + b"\r\nHost: localhost\r\nAuthorization: Bearer " + token + b"\r\n" + headers + rest
    if b"/oauth/token" in part:
        own = method + b"\r\nHost: localhost\r\n" + headers + rest
    connections = [gateway.connect() for _ in range(5)]
    for connection in connections:
        connection.sendall(own)
    for connection in connections:
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()
    until(lambda: gateway.cut_short("client_gone") == gone + 5)
    assert gateway.is_healthy()
    assert gateway.process.lines[lines:] == []


def test_a_token_request_that_was_never_sent_has_an_outcome_of_its_own(gateway: RawGateway) -> None:
    name = "rulemint_token_requests_total"
    before, failed = gateway.metric(name, outcome="client_gone"), gateway.metric(name, outcome="refused:server_error")
    with gateway.connect() as connection:
        connection.sendall(PARTS["JSON"] + b"Host: localhost\r\n" + REST["with a length"])
        until(gateway.is_healthy)
    until(lambda: gateway.metric(name, outcome="client_gone") == before + 1)
    assert gateway.metric(name, outcome="refused:server_error") == failed


def _token(gateway: RawGateway) -> str:
    body = urllib.parse.urlencode(
        {
            "grant_type": "client_credentials",
            "client_id": gateway.admin["client_id"],
            "client_secret": gateway.admin["client_secret"],
            "audience": gateway.admin["audience"],
        }
    ).encode()
    answered = gateway.say(
        b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    token: str = answered.body["access_token"]
    return token
