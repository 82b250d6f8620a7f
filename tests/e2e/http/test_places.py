"""How many connections there may be: of one address, in all, and below the open files that the process may have."""

from __future__ import annotations

import re
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from fixtures.processes import until
from fixtures.raw_gateway import RawGateway, StartRaw

pytestmark = pytest.mark.timeout(120)

HEALTHY = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def is_served(gateway: RawGateway, address: str, *, tls: bool = False) -> bool:
    """Whether a further connection from *address* is answered."""
    port = gateway.tls_port if tls else gateway.port
    with socket.create_connection(("127.0.0.1", port), 30, source_address=(address, 0)) as connection:
        try:
            connection.sendall(b"\x16" if tls else HEALTHY)
            return bool(connection.recv(65_536))
        except ConnectionError:
            return False


def busy(gateway: RawGateway, address: str) -> socket.socket:
    """A connection from *address* that has been answered."""
    connection = socket.create_connection(("127.0.0.1", gateway.port), 30, source_address=(address, 0))
    connection.sendall(HEALTHY)
    assert connection.recv(65_536)
    return connection


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes what it is given, whatever happens."""
    with ExitStack() as opened:
        yield opened


def test_an_address_has_its_share_and_others_are_served(start_raw: StartRaw, stack: ExitStack) -> None:
    with start_raw(RULEMINT_MAX_CONNECTIONS_PER_ADDRESS="5") as gateway:
        held = [stack.enter_context(busy(gateway, "127.0.0.2")) for _ in range(5)]
        assert not is_served(gateway, "127.0.0.2")
        assert is_served(gateway, "127.0.0.3")
        held[0].sendall(HEALTHY)
        assert held[0].recv(65_536), "a connection that it had is still its own"
        held.pop().close()
        until(lambda: is_served(gateway, "127.0.0.2"))
        until(lambda: "connections from an address are closed" in gateway.process.output)
        assert gateway.cut_short("too_many_of_an_address") >= 1


def test_handshakes_count_too(start_raw: StartRaw, stack: ExitStack) -> None:
    with start_raw(RULEMINT_MAX_CONNECTIONS_PER_ADDRESS="4", RULEMINT_HEADER_DEADLINE="20") as gateway:
        shaking: list[socket.socket] = []

        def is_full() -> bool:
            """With one more that shakes hands; one that came while somebody was looked at may have been refused."""
            tls = ("127.0.0.1", gateway.tls_port)
            shaking.append(stack.enter_context(socket.create_connection(tls, 30, source_address=("127.0.0.2", 0))))
            return not is_served(gateway, "127.0.0.2")

        until(is_full, failing=gateway.process)
        assert is_served(gateway, "127.0.0.3")
        for connection in shaking:
            connection.close()
        until(lambda: is_served(gateway, "127.0.0.2"))


def test_a_trusted_proxy_has_as_many_as_there_are(start_raw: StartRaw, stack: ExitStack) -> None:
    with start_raw(RULEMINT_MAX_CONNECTIONS_PER_ADDRESS="2", RULEMINT_TRUSTED_PROXIES="127.0.0.2") as gateway:
        for _ in range(10):
            stack.enter_context(busy(gateway, "127.0.0.2"))
        assert is_served(gateway, "127.0.0.2")


def test_the_soft_limit_of_open_files_is_raised_to_the_hard_one(start_raw: StartRaw) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with start_raw(open_files=256) as gateway:
        soft = re.search(r'"allowed": (\d+)', gateway.process.output)
        assert soft is not None, gateway.process.output
        assert int(soft[1]) == most


def test_there_are_never_more_connections_than_open_files(start_raw: StartRaw, stack: ExitStack) -> None:
    with start_raw(most_open_files=128) as gateway:
        for _ in range(200):
            stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port), 30))
        assert all(gateway.is_healthy() for _ in range(10))
        assert "Too many open files" not in gateway.process.output
