"""What cannot be read as HTTP is refused in our words, in the shape that the caller reads, and tells of no software."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress

import pytest

from fixtures.raw_gateway import RawGateway, StartRaw

pytestmark = pytest.mark.timeout(120)

HOST = b"Host: localhost\r\n"
TOKEN = b"POST /oauth/token HTTP/1.1\r\n" + HOST
WRAPPED = base64.encodebytes(b"a-client-of-ours:" + b"s" * 100).rstrip()
assert b"\n" in WRAPPED
AUTHORIZATION = "the Authorization header contains a line break"
LENGTHS = "Content-Length and Transfer-Encoding"
MALFORMED = "the request is malformed"
TARGET, LINE = "the request's target is malformed", "the request line is malformed"


@pytest.fixture(scope="module")
def gateway(start_raw: StartRaw) -> Iterator[RawGateway]:
    with start_raw(RULEMINT_IDLE_DEADLINE="0.5") as started:
        yield started


REFUSED = [
    pytest.param(TOKEN + b"Authorization: Basic " + WRAPPED + b"\r\n\r\n", AUTHORIZATION, id="wrapped Basic"),
    pytest.param(
        TOKEN + b"authorization: Basic " + WRAPPED.replace(b"\n", b"\r\n") + b"\r\n\r\n",
        AUTHORIZATION,
        id="wrapped as on Windows",
    ),
    pytest.param(
        TOKEN + b"AUTHORIZATION: Basic " + WRAPPED.replace(b"\n", b"\r") + b"\r\n\r\n", AUTHORIZATION, id="by a CR"
    ),
    pytest.param(
        TOKEN + b"Authorization: Basic " + WRAPPED.replace(b"\n", b"\r\n ") + b"\r\n\r\n", AUTHORIZATION, id="folded"
    ),
    pytest.param(TOKEN + b"Cookie: a\nb\r\n\r\n", "the Cookie header contains a line break", id="a wrapped cookie"),
    pytest.param(TOKEN + b"X-Own: a\nb\r\n\r\n", "a header contains a line break", id="another wrapped header"),
    pytest.param(TOKEN + b"X: a\0b\r\n\r\n", "control character", id="a NUL"),
    pytest.param(TOKEN + b"X y: z\r\n\r\n", MALFORMED, id="a space in a name"),
    pytest.param(TOKEN + b": z\r\n\r\n", MALFORMED, id="no name"),
    pytest.param(TOKEN + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc", LENGTHS, id="two lengths"),
    pytest.param(TOKEN + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", LENGTHS, id="a length twice"),
    pytest.param(TOKEN + b"Content-Length: many\r\n\r\n", LENGTHS, id="no number"),
    pytest.param(TOKEN + b"Transfer-Encoding: gzip\r\n\r\nabc", LENGTHS, id="an unknown transfer coding"),
    pytest.param(TOKEN + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "chunked", id="two transfer codings"),
    pytest.param(TOKEN + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", MALFORMED, id="no chunk"),
    pytest.param(TOKEN + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", MALFORMED, id="a chunk of another size"),
    pytest.param(TOKEN + b"Transfer-Encoding: chunked\r\n\r\n1;x=\1\r\n", "control", id="a chunk extension"),
    pytest.param(TOKEN + HOST + b"\r\n", "the Host header came twice", id="two hosts"),
    pytest.param(b"GET / HTTP/1.1\r\n\r\n", "the Host header is missing", id="no host"),
    pytest.param(b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n", LINE, id="an unknown method"),
    pytest.param(b"GET / HTTP/9.9\r\n" + HOST + b"\r\n", LINE, id="an unknown version"),
    pytest.param(b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", LINE, id="a space in the target"),
    pytest.param(b"hello\r\n\r\n", LINE, id="no HTTP"),
    pytest.param(b"GET / HTTP/1.1\nHost: a\n\n", LINE, id="lines that end in LF"),
    pytest.param(b"GET http://[::1 HTTP/1.1\r\n" + HOST + b"\r\n", TARGET, id="no URL"),
    pytest.param(b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", TARGET, id="raw bytes in the target"),
    pytest.param(b"CONNECT a:999999 HTTP/1.1\r\n" + HOST + b"\r\n", TARGET, id="CONNECT to no port"),
    pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "HTTP/2", id="HTTP/2"),
    pytest.param(bytes.fromhex("16030100c8010000c40303") + b"x" * 200, "https port", id="TLS"),
]


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(("sent", "said"), REFUSED)
def test_it_is_an_oauth_error_that_says_what_to_do(gateway: RawGateway, sent: bytes, said: str, tls: bool) -> None:
    answered = gateway.say(sent, tls=tls)
    assert answered.status == 400, answered.raw
    assert answered.headers["content-type"].startswith("application/json")
    assert (answered.headers["server"], answered.headers["cache-control"]) == ("rulemint", "no-store")
    assert answered.body["error"] == "invalid_request"
    assert said in answered.body["error_description"]


@pytest.mark.parametrize(
    "headers",
    [b"X: " + b"a" * 9_000, b"a" * 9_000 + b": x", b"\r\n".join(b"a: b" for _ in range(200))],
    ids=["a long value", "a long name", "many"],
)
def test_headers_that_are_too_large_are_431(gateway: RawGateway, headers: bytes) -> None:
    answered = gateway.say(TOKEN + headers + b"\r\n\r\n")
    assert (answered.status, answered.body["error"]) == (431, "invalid_request")


def test_a_target_that_is_too_long_is_414(gateway: RawGateway) -> None:
    answered = gateway.say(b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n")
    assert (answered.status, answered.body["error"]) == (414, "invalid_request")
    assert "8190 bytes" in answered.body["error_description"]


def test_a_head_in_pieces_is_bounded_as_a_whole(gateway: RawGateway) -> None:
    with gateway.connect() as connection:
        connection.sendall(TOKEN)
        with suppress(BrokenPipeError, ConnectionResetError):  # it is answered before the end, and closed
            for number in range(20):
                connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 4_000))
        assert b" 431 " in gateway.hear(connection).raw


def test_a_header_that_wraps_between_two_pieces_is_named_too(gateway: RawGateway) -> None:
    first, _, second = WRAPPED.partition(b"\n")
    with gateway.connect() as connection:
        connection.sendall(TOKEN + b"Authorization: Basic " + first)
        connection.recv(0)
        connection.sendall(b"\n" + second + b"\r\n\r\n")
        assert AUTHORIZATION in gateway.hear(connection).body["error_description"]


def test_the_management_api_says_it_in_its_own_shape(gateway: RawGateway) -> None:
    answered = gateway.say(b"GET /api/v2/clients HTTP/1.1\r\n" + HOST + b"Authorization: Bearer a\nb\r\n\r\n")
    assert (answered.status, answered.body["error"]) == (400, "Bad Request")
    assert answered.body["message"] == "The Authorization header contains a line break: send its value on one line"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (TOKEN + b"Expect: something\r\nContent-Length: 0\r\n\r\n", 417),
        (b"GET /nowhere HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"DELETE /oauth/token HTTP/1.1\r\n" + HOST + b"\r\n", 405),
        (b"CONNECT localhost:443 HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", 404),
        (b"GET //[ HTTP/1.1\r\n" + HOST + b"\r\n", 404),
    ],
    ids=["Expect", "no path", "no method", "CONNECT", "OPTIONS", "a strange path"],
)
def test_what_http_has_a_status_for_is_json_as_well(gateway: RawGateway, sent: bytes, status: int) -> None:
    answered = gateway.say(sent)
    assert (answered.status, answered.headers["server"]) == (status, "rulemint"), answered.raw
    assert answered.headers["content-type"].startswith("application/json")
    assert answered.body["statusCode"] == status


def test_the_request_before_it_on_the_same_connection_is_answered(gateway: RawGateway) -> None:
    with gateway.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n")
        assert b'"alive"' in connection.recv(65_536)
        connection.sendall(TOKEN + b"Cookie: a\nb\r\n\r\n")
        assert "the Cookie header contains a line break" in gateway.hear(connection).body["error_description"]


def test_it_is_counted_and_logged_rarely(gateway: RawGateway) -> None:
    before, lines = gateway.cut_short("unreadable"), len(gateway.process.lines)
    for _ in range(50):
        gateway.say(b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: a\nb\r\n\r\n")
    assert gateway.cut_short("unreadable") == before + 50
    assert len(gateway.process.lines) < lines + 40
