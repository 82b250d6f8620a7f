"""A throttled request is refused where its bytes arrive; its connection goes on as if nothing had happened."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from fixtures.raw_gateway import RawGateway, StartRaw

PATIENCE_S = 20
TRIES = 50
BURST, BURST_OF_AN_ADDRESS = 10, 100
GREETING = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture(scope="module")
def gateway(start_raw: StartRaw) -> Iterator[RawGateway]:
    with start_raw(RULEMINT_HEADER_DEADLINE="1") as started:
        yield started


class Caller:
    """One connection from an address that nobody has guessed from yet."""

    def __init__(self, gateway: RawGateway, address: str) -> None:
        self._gateway = gateway
        self.socket = socket.create_connection(("127.0.0.1", gateway.port), PATIENCE_S, source_address=(address, 0))
        self._file = self.socket.makefile("rb")

    def ask(self, sent: bytes) -> tuple[int, dict[str, str], dict[str, str]]:
        self.socket.sendall(sent)
        return self.hear()

    def hear(self) -> tuple[int, dict[str, str], dict[str, str]]:
        status = int(self._file.readline().split()[1])
        headers = {}
        while (line := self._file.readline().decode().rstrip()) != "":
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        return status, headers, json.loads(self._file.read(int(headers["content-length"])) or b"{}")

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def is_closed(self) -> bool:
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True


@pytest.fixture
def caller(gateway: RawGateway) -> Iterator[Caller]:
    address = f"127.{secrets.randbelow(200) + 1}.{secrets.randbelow(256)}.{secrets.randbelow(254) + 1}"
    made = Caller(gateway, address)
    yield made
    made.close()


def token_request(gateway: RawGateway, secret: str = "wrong", *, client_id: str = "", headers: str = "") -> bytes:
    form = {
        "grant_type": "client_credentials",
        "client_id": client_id or gateway.admin["client_id"],
        "client_secret": secret,
        "audience": gateway.admin["audience"],
    }
    body = urlencode(form)
    head = "POST /oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}{headers}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def throttle(gateway: RawGateway, caller: Caller) -> None:
    """Guess until the client is refused at once."""
    statuses = [caller.ask(token_request(gateway))[0] for _ in range(BURST + 1)]
    assert statuses == [401] * BURST + [429]


def test_the_answer_is_that_of_a_request_that_was_read_in_full(gateway: RawGateway, caller: Caller) -> None:
    throttle(gateway, caller)
    early = caller.ask(token_request(gateway))
    full = caller.ask(token_request(gateway, headers="Accept-Encoding: gzip\r\nTE: trailers\r\n"))
    wait = {early[1].pop("retry-after"), full[1].pop("retry-after")}
    assert all(1 <= int(each) <= 10 for each in wait)
    for headers in (early[1], full[1]):
        assert headers.pop("date").endswith("GMT")
        headers.pop("content-length")
    assert (early[0], early[1], early[2]["error"]) == (full[0], full[1], full[2]["error"])


def test_the_connection_serves_whatever_comes_next(gateway: RawGateway, caller: Caller) -> None:
    throttle(gateway, caller)
    for _ in range(3):
        assert caller.ask(token_request(gateway))[0] == 429
        assert caller.ask(GREETING)[0] == 200
        assert caller.ask(token_request(gateway, client_id="another"))[0] == 401


def test_it_is_counted(gateway: RawGateway, caller: Caller) -> None:
    throttle(gateway, caller)
    before = gateway.metric("rulemint_throttled_total", by="client")
    for _ in range(4):
        caller.ask(token_request(gateway))
    assert gateway.metric("rulemint_throttled_total", by="client") == before + 4


def test_who_proved_itself_at_the_address_gets_its_token(gateway: RawGateway, caller: Caller) -> None:
    right = token_request(gateway, gateway.admin["client_secret"])
    assert caller.ask(right)[0] == 200
    for number in range(BURST_OF_AN_ADDRESS):
        caller.ask(token_request(gateway, client_id=f"guess {number}"))
    assert caller.ask(token_request(gateway, client_id="a new guess"))[0] == 429
    assert caller.ask(right)[0] == 200


def test_half_a_request_after_it_has_its_deadline(gateway: RawGateway, caller: Caller) -> None:
    throttle(gateway, caller)
    assert caller.ask(token_request(gateway))[0] == 429
    caller.socket.sendall(b"POST /oauth/token HTTP/1.1\r\nHo")
    assert caller.hear()[0] == 408
    assert caller.is_closed()


def test_a_request_in_two_pieces_is_refused_as_well(gateway: RawGateway, caller: Caller) -> None:
    throttle(gateway, caller)
    whole = token_request(gateway)
    caller.socket.sendall(whole[:40])
    assert caller.ask(whole[40:])[0] == 429
    assert caller.ask(GREETING)[0] == 200


def test_who_does_not_wait_for_answers_gets_one_and_is_cut_off(gateway: RawGateway, caller: Caller) -> None:
    throttle(gateway, caller)
    for _ in range(TRIES):
        caller.socket.sendall(token_request(gateway) * 3)
        status, headers, _ = caller.hear()
        assert status == 429
        if headers.get("connection") == "close":
            assert caller.is_closed()
            return
        # They came before aiohttp waited for anything: then it answers each.
        assert [caller.hear()[0] for _ in range(2)] == [429] * 2
    pytest.fail("nobody was cut off")
