from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixtures.hosts import LANGUAGES, program_of
from fixtures.waiting import eventually
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.host_limits import DEFAULT_MEMORY_MB, HostProgram
from rulemint_runner.hosts.pool.spare_hosts import SpareHosts
from rulemint_runner.sandbox.priority import NICENESS, Priority
from rulemint_runner.sandbox.sandbox import Sandbox
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language

SPARES = 2
TAKEN_AT_ONCE = 4


@pytest.fixture
async def spare_hosts(sandbox: Sandbox) -> AsyncIterator[SpareHosts]:
    opened = SpareHosts(sandbox, LANGUAGES, spares=SPARES, memory_mb=DEFAULT_MEMORY_MB)
    opened.fill()
    yield opened
    await opened.close()


def spares_of(spare_hosts: SpareHosts, program: HostProgram) -> int:
    return len(spare_hosts._ready.get(program, ()))


async def test_spares_taken_at_once_are_replaced_one_for_one(spare_hosts: SpareHosts) -> None:
    program = program_of(Language.PYTHON)

    async def ready() -> int:
        return spares_of(spare_hosts, program)

    await eventually(ready, lambda count: count == SPARES)
    taken: list[Host] = list(await asyncio.gather(*(spare_hosts.take(program) for _ in range(TAKEN_AT_ONCE))))
    await eventually(ready, lambda count: count >= SPARES)
    while spare_hosts._tasks:
        await asyncio.wait(spare_hosts._tasks)
    left = await ready()
    for host in taken:
        host.kill(FailureReason.INTERRUPTED, "the test is over")
        await host.ended.wait()
    assert left == SPARES


async def test_a_host_of_low_priority_is_no_spare_and_has_it_with_all_its_threads_from_its_start(
    spare_hosts: SpareHosts,
) -> None:
    program = program_of(Language.JAVASCRIPT)

    async def ready() -> int:
        return spares_of(spare_hosts, program)

    while spare_hosts._tasks:  # until there are the spares of every language
        await asyncio.wait(spare_hosts._tasks)
    host = await spare_hosts.take(program, priority=Priority.LOW)
    threads = [int(thread.name) for thread in Path(f"/proc/{host.pid}/task").iterdir()]
    seen = {os.getpriority(os.PRIO_PROCESS, thread) - os.getpriority(os.PRIO_PROCESS, 0) for thread in threads}
    host.kill(FailureReason.INTERRUPTED, "the test is over")
    await host.ended.wait()
    assert seen == {NICENESS}
    assert not spare_hosts._tasks
    assert await ready() == SPARES
