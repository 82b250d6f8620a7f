"""``RULEMINT_GATEWAY_PROCESSES``: several gateway processes behind one port, as an operator meets them."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from bench.free_ports import free_port

from fixtures.management import open_management
from fixtures.processes import Started, family_of, is_alive, started, started_dev, until
from fixtures.runner_keys import settings_of_a_gateway
from fixtures.waiting import eventually
from rulemint_runner.hosts.circuit_breaker import FAILURES
from rulemint_shared.secrets.vault import create_master_key

pytestmark = pytest.mark.timeout(120)

COUNT = 3
CRASHES = "import os\ndef rule(client, scope, audience, context):\n    __import__('ctypes').CDLL(None)._exit(3)"
RULE = "export default ({ client }) => ({ tenant: client.tenant });"


@dataclass(frozen=True)
class Several:
    """A system with several gateway processes."""

    url: str
    admin: dict[str, str]
    process: Started
    metrics_port: int

    def gateways(self) -> list[int]:
        """The parent first, then those that serve."""
        return sorted(pid for pid in family_of(self.process.process.pid) if b"rulemint_gateway" in command_of(pid))

    def all_serve(self) -> bool:
        """Whether there are as many as there should be, and each shows its metrics."""
        try:
            return len(self.gateways()) == COUNT + 1 and all(self.answered(n) >= 0 for n in range(COUNT))
        except OSError:
            return False

    def answered(self, number: int) -> int:
        """How many token requests the gateway process of that number has answered."""
        url = f"http://127.0.0.1:{self.metrics_port + number}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            lines = answer.read().decode().splitlines()
        return sum(int(float(line.split()[-1])) for line in lines if line.startswith("rulemint_token_requests_total{"))


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def free_ports(count: int) -> int:
    """The first of so many free ports in a row."""
    while True:
        first = free_port()
        with ExitStack() as stack, suppress(OSError, OverflowError):
            for number in range(count):
                stack.enter_context(socket.create_server(("127.0.0.1", first + number)))
            return first


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Several]:
    data_dir, port, metrics_port = tmp_path_factory.mktemp("several") / "data", free_port(), free_ports(COUNT)
    data_dir.mkdir()
    (data_dir / "demo.made").touch()
    environment = {"RULEMINT_GATEWAY_PROCESSES": str(COUNT), "RULEMINT_METRICS_PORT": str(metrics_port)}
    with started_dev(environment, data_dir=data_dir, port=port) as process:
        admin = json.loads((data_dir / "admin.json").read_text())
        yield Several(f"http://127.0.0.1:{port}", admin, process, metrics_port)


@pytest.fixture
def several(running: Several) -> Several:
    """All of its processes serve."""
    until(running.all_serve, failing=running.process)
    return running


async def test_all_processes_answer_with_the_rules_and_the_one_administrator(several: Several) -> None:
    async with open_management(several.url, several.admin) as management:
        client = await management.a_client()
        async with management.rule(RULE):
            for _ in range(60):
                async with open_management(several.url, several.admin) as another_connection:
                    answer = await another_connection.ask(client.request())
                assert answer.status == 200
    assert all(several.answered(number) > 0 for number in range(COUNT))


async def test_each_process_tells_the_quotas_of_all_of_them(several: Several) -> None:
    told = set()
    for _ in range(4 * COUNT):
        async with open_management(several.url, several.admin) as management:
            quotas = (await management.call("GET", "/api/v2/quotas")).body["quotas"]
        (waiting,) = (each for each in quotas if each["name"] == "waiting_requests")
        told.add((waiting["used"], waiting["limit"]))
    assert told == {(0, COUNT * 2_500)}


async def test_a_pause_that_one_process_heard_of_is_shown_by_all(several: Several) -> None:
    async with (
        open_management(several.url, several.admin) as management,
        management.rule(CRASHES, language="python") as rule,
    ):
        client = await management.a_client()
        for _ in range(FAILURES):
            assert (await management.ask(client.request())).status == 500
        path = f"/api/v2/rules/{rule['id']}"
        await eventually(lambda: management.call("GET", path), lambda found: found.body["pause"] is not None)
        for _ in range(4 * COUNT):
            async with open_management(several.url, several.admin) as another_connection:
                pause = (await another_connection.call("GET", path)).body["pause"]
            assert (pause["why"], pause["clients"]) == ("three crashes", [client.client_id])


async def test_a_process_that_is_killed_is_started_again_and_nobody_is_refused_afterwards(several: Several) -> None:
    parent, *serving = several.gateways()
    assert len(serving) == COUNT
    os.kill(serving[1], signal.SIGKILL)
    until(lambda: not is_alive(serving[1]) and several.all_serve(), failing=several.process)
    assert is_alive(parent)
    async with open_management(several.url, several.admin) as management:
        client = await management.a_client()
        assert (await management.ask(client.request())).status == 200


def test_sigterm_ends_them_all_cleanly(tmp_path: Path, empty_redis_url: str) -> None:
    environment = settings_of_a_gateway(tmp_path, empty_redis_url) | {"RULEMINT_GATEWAY_PROCESSES": str(COUNT)}
    with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
        until(lambda: process.output.count(" serving ") + process.output.count('"serving"') == COUNT, failing=process)
        pids = family_of(process.process.pid)
        assert process.stop() == 0
    assert not [pid for pid in pids if is_alive(pid)]


def test_nothing_is_left_when_their_parent_is_killed(several: Several) -> None:
    parent, *serving = several.gateways()
    os.kill(parent, signal.SIGKILL)
    until(lambda: not [pid for pid in serving if is_alive(pid)])


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    create_master_key(tmp_path / "master.key")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {
            "RULEMINT_REDIS_URL": "redis://127.0.0.1:1",
            "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "master.key"),
            "RULEMINT_PORT": str(port),
            "RULEMINT_GATEWAY_PROCESSES": "2",
        }
        with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
            assert process.wait() == 1
    said = f"cannot listen on 127.0.0.1:{port}: Address already in use; set RULEMINT_PORT to a free port"
    assert process.lines == [f"rulemint-gateway: {said}, or stop what uses it"]


def test_a_first_process_that_cannot_start_is_the_end_of_it(tmp_path: Path) -> None:
    environment = {
        "RULEMINT_REDIS_URL": "redis://127.0.0.1:1",
        "RULEMINT_MASTER_KEY_FILE": str(tmp_path / "missing.key"),
        "RULEMINT_PORT": str(free_port()),
        "RULEMINT_GATEWAY_PROCESSES": "2",
    }
    with started([sys.executable, "-m", "rulemint_gateway"], environment) as process:
        assert process.wait() == 1
    assert len([line for line in process.lines if line.startswith("rulemint-gateway: ")]) == 1
