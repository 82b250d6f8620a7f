"""Whoever does not send what a request needs is let go: its head, its body, its handshake and the next request."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from fixtures.processes import until
from fixtures.raw_gateway import RawGateway, StartRaw

pytestmark = pytest.mark.timeout(120)

PART_OF_A_HEAD = b"GET /healthz HTTP/1.1\r\nHost: loc"
PART_OF_A_BODY = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{"
)
PART_OF_CHUNKS = (
    b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\n{"
)
HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def impatient(start_raw: StartRaw) -> Iterator[RawGateway]:
    with start_raw(RULEMINT_HEADER_DEADLINE="1", RULEMINT_BODY_DEADLINE="1.2", RULEMINT_IDLE_DEADLINE="1.5") as gateway:
        yield gateway


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_head_that_stays_a_part_is_answered_408_and_its_connection_closed(impatient: RawGateway, tls: bool) -> None:
    answered = impatient.say(PART_OF_A_HEAD, tls=tls)
    assert (answered.status, answered.body["error"]) == (408, "invalid_request")
    assert answered.headers["server"] == "rulemint"


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("part", [PART_OF_A_BODY, PART_OF_CHUNKS], ids=["with a length", "in chunks"])
def test_a_body_that_stays_a_part_is_answered_408_and_its_connection_closed(
    impatient: RawGateway, part: bytes, tls: bool
) -> None:
    answered = impatient.say(part, tls=tls)
    assert (answered.status, answered.body["error"]) == (408, "invalid_request")
    assert (answered.headers["connection"], answered.headers["cache-control"]) == ("close", "no-store")


@pytest.mark.parametrize("begun", [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: ", PART_OF_A_BODY])
def test_a_byte_now_and_then_does_not_help(impatient: RawGateway, begun: bytes) -> None:
    with impatient.connect() as connection:
        connection.sendall(begun)
        closed = threading.Event()

        def drip() -> None:
            while not closed.wait(0.05):
                try:
                    connection.sendall(b"1")
                except OSError:
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert impatient.hear(connection).status in {0, 408}  # a reset may overtake the answer
        finally:
            closed.set()
            dripping.join()


@pytest.mark.parametrize("port", ["port", "metrics_port"])
def test_a_connection_that_says_nothing_is_closed(impatient: RawGateway, port: str) -> None:
    with socket.create_connection(("127.0.0.1", getattr(impatient, port)), 30) as connection:
        assert impatient.hear(connection).raw == b""


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"], ids=["nothing", "a part"])
def test_a_handshake_that_does_not_end_is_closed(impatient: RawGateway, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", impatient.tls_port), 30) as connection:
        connection.sendall(said)
        impatient.hear(connection)


@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_an_idle_connection_is_closed_after_its_answer(impatient: RawGateway, tls: bool) -> None:
    answered = impatient.say(HEALTHY, tls=tls)
    assert answered.status == 200
    assert answered.raw.count(b"HTTP/1.1") == 1


def test_half_a_second_request_is_answered_408_too(impatient: RawGateway) -> None:
    with impatient.connect() as connection:
        connection.sendall(HEALTHY)
        until(lambda: b"alive" in connection.recv(65_536, socket.MSG_PEEK))
        connection.sendall(PART_OF_A_HEAD)
        assert b" 408 " in impatient.hear(connection).raw


def test_half_a_body_behind_an_upgrade_that_was_declined_is_not_waited_for(impatient: RawGateway) -> None:
    upgrade = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    assert b" 408 " in impatient.say(upgrade + PART_OF_A_BODY).raw


def test_a_request_in_small_pieces_within_its_deadline_is_answered(start_raw: StartRaw) -> None:
    body = b'{"grant_type":"client_credentials"}'
    head = (
        b"POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )
    with start_raw() as gateway, gateway.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in head % len(body) + body:
            connection.sendall(bytes([byte]))
        assert b"client_id is missing" in connection.recv(65_536)


def test_many_halves_lock_nobody_out(start_raw: StartRaw) -> None:
    with start_raw(RULEMINT_MAX_CONNECTIONS="100") as gateway:
        halves = [gateway.connect() for _ in range(300)]
        try:
            for number, half in enumerate(halves):
                try:
                    half.sendall(PART_OF_A_BODY if number % 2 else PART_OF_A_HEAD)
                except OSError:
                    continue  # it had to go already
            assert all(gateway.is_healthy() for _ in range(20))
            assert gateway.cut_short("shed") >= 200
        finally:
            for half in halves:
                half.close()
        until(lambda: "closed to make room" in gateway.process.output)
