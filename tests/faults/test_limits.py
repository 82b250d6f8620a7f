"""Full disks and low limits, of a service's own: it says what is missing, goes on, and needs no restart afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fixtures.breakable import Breakable
from fixtures.calls import call
from fixtures.faults import Fault, Happens, cases, gone_through
from fixtures.processes import started, until
from fixtures.runner_keys import settings_of_a_gateway
from fixtures.system import answers

pytestmark = pytest.mark.timeout(120)

GATEWAY = ("-m", "rulemint_gateway")
FOR_S = 0.7


@contextmanager
def limited(pid: int, what: int, limit: int) -> Iterator[None]:
    """One process may have no more of something for a while."""
    soft, hard = resource.prlimit(pid, what)
    resource.prlimit(pid, what, (limit, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, what, (soft, hard))


def open_files_of(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def no_more_files(pick: Callable[[Breakable], int]) -> Happens:
    async def happens(system: Breakable) -> None:
        pid = pick(system)
        with limited(pid, resource.RLIMIT_NOFILE, open_files_of(pid)):
            await asyncio.sleep(FOR_S)

    return happens


async def no_host_has_memory(system: Breakable) -> None:
    """New ones cannot even begin; those that there are go on."""
    with limited(system.runners[0].spawner(), resource.RLIMIT_AS, 64 * 1024 * 1024):
        for pid in system.runners[0].hosts():
            os.kill(pid, 9)
        await asyncio.sleep(FOR_S)


LOW = [
    Fault(
        "a gateway may open no more files",
        no_more_files(lambda s: s.gateways[0].pid),
        excused=lambda s: (s.gateways[0],),
    ),
    Fault("a spawner may open no more files", no_more_files(lambda s: s.runners[0].spawner())),
    Fault("rule hosts get no memory", no_host_has_memory, may_fail=12, said="host"),
]


@pytest.mark.parametrize("fault", cases(LOW))
async def test_requests_get_a_token_or_503_in_time_and_then_tokens_again(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)


@pytest.fixture
def environment(tmp_path: Path, empty_redis_url: str) -> dict[str, str]:
    return settings_of_a_gateway(tmp_path, empty_redis_url)


def in_a_shell(before: str) -> list[str]:
    """A gateway that is started by a shell which did something *before*."""
    return ["sh", "-c", f'{before}; exec "$@"', "sh", sys.executable, *GATEWAY]


def test_a_gateway_that_cannot_write_its_admin_file_ends_with_a_line_and_begins_once_it_can(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with started(in_a_shell("ulimit -f 0"), environment) as process:
        assert process.wait() == 1
    assert "cannot write the admin file" in process.lines[-1]
    assert "Traceback" not in process.output
    port = int(environment["RULEMINT_PORT"])
    with started([sys.executable, *GATEWAY], environment) as process:
        until(lambda: answers(port), failing=process)
        assert ask(port, tmp_path) == 200


def test_a_gateway_whose_log_cannot_be_written_serves_all_the_same(environment: dict[str, str], tmp_path: Path) -> None:
    port = int(environment["RULEMINT_PORT"])
    with started(in_a_shell("exec 2>/dev/full"), environment) as process:
        until(lambda: answers(port), failing=process)
        assert ask(port, tmp_path) == 200
        assert call(port, "/oauth/token", {"grant_type": "client_credentials"})[0] == 401
        assert process.stop() == 0


def ask(port: int, folder: Path) -> int:
    """The status of the answer to the administrator."""
    admin = json.loads((folder / "admin.json").read_text())
    own = {name: admin[name] for name in ("client_id", "client_secret", "audience")}
    return call(port, "/oauth/token", {"grant_type": "client_credentials", **own})[0]
