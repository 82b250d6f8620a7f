"""What holds for whole tiers of tests; fixtures are in ``tests/fixtures``."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import pytest_socket
import uvloop
from blockbuster import blockbuster_ctx

pytest_plugins = [
    "fixtures.valkey",
    "fixtures.cluster_pool",
    "fixtures.system",
    "fixtures.proxied",
    "fixtures.hosts",
    "fixtures.pools",
    "fixtures.web",
    "fixtures.legs",
    "fixtures.street",
    "fixtures.abuse_report",
    "fixtures.breakable",
    "fixtures.fault_report",
    "fixtures.fuzzing",
    "fixtures.distribution",
    "fixtures.partner",
    "fixtures.registry",
    "fixtures.package_system",
    "fixtures.workplace",
    "fixtures.raw_gateway",
    "fixtures.node",
    "fixtures.rule_bench",
    "fixtures.docs_site",
    "fixtures.processor_time",
    "fixtures.tiers",
    "fixtures.patience",
    "fixtures.command_line",
    "fixtures.console_page",
    "fixtures.console_report",
]

TESTS = Path(__file__).parent
OUR_PACKAGES = ["rulemint_shared", "rulemint_gateway", "rulemint_runner", "rulemint_cli"]


def pytest_sessionstart() -> None:
    """Undo what a shell may have set, which the hundreds of programs that the tests start would inherit."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it ignores Ctrl-C
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each program would compile all of our code again
    sys.dont_write_bytecode = False


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Spare each garbage collection the thousands of tests: their objects live until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _no_network_in_unit_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    if not request.path.is_relative_to(TESTS / "unit"):
        yield
        return
    pytest_socket.disable_socket(allow_unix_socket=True)  # an event loop wakes itself through a socket pair
    yield
    pytest_socket.enable_socket()


@pytest.fixture(autouse=True, scope="module")
def _no_blocking_call_in_the_event_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Our own code may not block the loop."""
    if not request.path.is_relative_to(TESTS / "unit"):
        yield
        return
    with blockbuster_ctx(OUR_PACKAGES):
        yield


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that the services run on: its timers, sockets and transports differ from asyncio's own."""
    return {"uvloop": uvloop.new_event_loop}
