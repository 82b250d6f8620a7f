"""Hosts that hang before they serve: who waits is served by another, or may try again."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from fixtures.hosts import program_of
from fixtures.pools import GRANTS, MakePool, Pool, PoolTurn
from fixtures.waiting import all_gone, eventually
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.starting import start_host
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Language

LOOPS_AT_LOAD = "while True:\n    pass\n"
WAITS_AT_LOAD = "import time\ntime.sleep(60)\n"


async def ask(pool: Pool, script: str, *, load_within_s: float = 10, hang_first: bool = False) -> int:
    """One invocation on a host that must load within a while; the first host that is started is stopped."""

    def hang(host: Host) -> None:
        if hang_first and len(pool.started) == 1:
            os.kill(host.pid, signal.SIGSTOP)

    pool.note = hang
    turn = PoolTurn(script, within_s=30, load_within_s=load_within_s)
    await pool.result(turn)
    return turn.pid


def reasons(results: list[int | BaseException]) -> list[FailureReason]:
    return [result.reason for result in results if isinstance(result, HostEndedError)]


async def test_while_a_host_hangs_as_it_loads_another_serves_everyone(make_pool: MakePool) -> None:
    pool = await make_pool()
    async with asyncio.timeout(20):
        asking = [asyncio.create_task(ask(pool, GRANTS, load_within_s=30, hang_first=True)) for _ in range(5)]
        pids = await asyncio.gather(*asking)
    assert len(pool.started) >= 2
    assert pool.started[0] not in pids


async def test_a_host_that_the_machine_did_not_let_load_is_not_the_rules_fault(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=1)
    asking = (ask(pool, GRANTS, load_within_s=0.5, hang_first=True) for _ in range(4))
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert reasons(results) == [FailureReason.OVERLOADED] * 4
    await all_gone(set(pool.started))
    assert await ask(pool, GRANTS) == pool.started[1]


@pytest.mark.parametrize("script", [LOOPS_AT_LOAD, WAITS_AT_LOAD], ids=["loops", "waits"])
async def test_a_rule_that_does_not_load_in_time_fails_one_and_the_others_may_try_again(
    make_pool: MakePool, script: str
) -> None:
    pool = await make_pool(max_hosts=1)
    asking = (ask(pool, script, load_within_s=2) for _ in range(4))
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert reasons(results) == [FailureReason.TIMEOUT, *[FailureReason.OVERLOADED] * 3]
    assert len(pool.started) == 1


async def test_hosts_of_a_rule_that_failed_to_load_start_one_after_the_other(make_pool: MakePool) -> None:
    pool = await make_pool()
    with pytest.raises(HostEndedError):
        await ask(pool, WAITS_AT_LOAD, load_within_s=1)
    asking = (ask(pool, WAITS_AT_LOAD, load_within_s=2.5) for _ in range(4))
    results = await asyncio.gather(*asking, return_exceptions=True)
    assert reasons(results) == [FailureReason.TIMEOUT, *[FailureReason.OVERLOADED] * 3]
    assert len(pool.started) == 2


async def test_a_host_that_dies_before_it_is_ready_is_nobodys_fault(make_pool: MakePool) -> None:
    pool = await make_pool()

    async def started_pids() -> list[int]:
        return [pid for pid in pool.sandbox._exits if pid not in before]

    before = set(pool.sandbox._exits)
    starting = asyncio.create_task(start_host(pool.sandbox, program_of(Language.PYTHON)))
    (pid,) = await eventually(started_pids)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(HostEndedError) as ended:
        await starting
    assert ended.value.reason is FailureReason.OVERLOADED
