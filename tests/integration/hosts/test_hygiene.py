"""What a rule leaves behind, and what it takes from others: hosts are stopped, watched, replaced and shared out."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from fixtures.pools import AUTHORITY, GRANTS, LOOPS, OTHER, MakePool, Pool, PoolTurn
from fixtures.waiting import all_gone, eventually, living
from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.circuit_breaker import ANSWERS_FOR_A_FAILURE, FAILURES, FIRST_PAUSE_S
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pool.retirement import Retirement
from rulemint_runner.sandbox.priority import NICENESS
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.contract.records import Isolation

FRESH = msgspec.structs.replace(AUTHORITY, isolation=Isolation.FRESH)
CRASHES = "import os\ndef rule(client, scope, audience, context):\n    __import__('ctypes').CDLL(None)._exit(3)"
WAITS = "import time\ndef rule(client, scope, audience, context):\n    time.sleep(60)"
CRASHES_WHEN_ASKED = """
import os
def rule(client, scope, audience, context):
    return __import__('ctypes').CDLL(None)._exit(3) if "crash" in context["body"] else {}
"""
CRASHES_THE_SECOND_TIME = """
import os
runs = 0
def rule(client, scope, audience, context):
    global runs
    runs += 1
    return {} if runs == 1 else __import__('ctypes').CDLL(None)._exit(3)
"""
KEEPS_MORE_EVERY_TIME = """
kept = []
def rule(client, scope, audience, context):
    kept.append(bytearray(4 * 1024 * 1024))
    return {}
"""
TAKES_MEMORY_SLOWLY = """
import time
def rule(client, scope, audience, context):
    kept = []
    while True:
        kept.append(bytearray(1024 * 1024))
        time.sleep(0.02)
"""
COMPUTES = """
def rule(client, scope, audience, context):
    for _ in range(60_000_000): pass  # most of a second
    return {}
"""

COMPUTES_WHILE_IT_IS_IDLE = """
import sys
def rule(client, scope, audience, context):
    frame = sys._getframe()
    while "runner" not in frame.f_locals:
        frame = frame.f_back
    runner, n = frame.f_locals["runner"], frame.f_locals["run"]["n"]
    runner.write({"t": "returned", "n": n, "form": "own", "value": "{}"}, {"t": "idle", "n": n})
    while True: pass
"""


async def state_of(pid: int) -> str:
    """The letter of proc(5): ``T`` is stopped."""
    text = await asyncio.to_thread(Path(f"/proc/{pid}/stat").read_text)
    return text.rpartition(")")[2].split()[0]


async def test_an_idle_host_is_stopped_in_the_end_and_goes_on_for_the_next_invocation(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1, stopped_after_s=0.1)
    pid = await pool.use()
    await eventually(lambda: state_of(pid), lambda state: state == "T")
    assert await pool.use() == pid


async def test_a_host_that_says_that_it_is_idle_and_computes_is_stopped_and_a_quiet_one_is_not(
    make_pool: MakePool,
) -> None:
    pool = await make_pool(stopped_after_s=3_600.0)
    quiet = await pool.use(OTHER)
    pid = await pool.use(script=COMPUTES_WHILE_IT_IS_IDLE)
    await eventually(lambda: state_of(pid), lambda state: state == "T")
    assert await state_of(quiet) == "S"


async def test_a_host_is_replaced_after_so_many_invocations(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1, retirement=Retirement(max_runs=3))
    pids = [await pool.use() for _ in range(7)]
    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]
    await all_gone(set(pids[:6]))


async def test_a_host_is_replaced_when_it_is_old(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1, retirement=Retirement(max_age_s=0.0))
    assert await pool.use() != await pool.use()


async def test_a_leak_never_costs_an_invocation(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    pids = [await pool.use(script=KEEPS_MORE_EVERY_TIME) for _ in range(40)]
    assert len(set(pids)) > 1


async def test_fresh_isolation_gives_every_invocation_a_process_of_its_own(make_pool: MakePool) -> None:
    pool = await make_pool()
    pids = [await pool.use(FRESH) for _ in range(3)]
    assert len(set(pids)) == 3
    await all_gone(set(pids))


async def test_fresh_invocations_of_one_moment_all_get_their_own(make_pool: MakePool) -> None:
    pool = await make_pool()
    pids = await asyncio.gather(*(pool.use(FRESH) for _ in range(6)))
    assert len(set(pids)) == 6


async def test_warm_and_fresh_share_no_host(make_pool: MakePool) -> None:
    pool = await make_pool()
    warm = await pool.use(AUTHORITY)
    assert await pool.use(FRESH) != warm
    assert await living({warm}) == {warm}


async def test_a_host_that_takes_too_much_memory_is_ended_while_it_runs(make_pool: MakePool) -> None:
    pool = await make_pool()

    def bound(host: Host) -> None:
        host.max_private_bytes = 24 * 1024 * 1024

    pool.note = bound
    with pytest.raises(HostEndedError) as ended:
        await pool.result(PoolTurn(TAKES_MEMORY_SLOWLY))
    assert ended.value.reason is FailureReason.OUT_OF_MEMORY


async def test_a_host_that_computes_for_long_lets_others_go_first_and_is_replaced(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    turn = PoolTurn(COMPUTES)
    await pool.result(turn)
    assert turn.niceness == NICENESS
    await all_gone({turn.pid})


async def test_a_rule_whose_hosts_keep_crashing_pauses_and_another_rule_does_not(make_pool: MakePool) -> None:
    pool = await make_pool()
    reasons = []
    for _ in range(FAILURES + 1):
        with pytest.raises(HostEndedError) as ended:
            await pool.use(script=CRASHES)
        reasons.append(ended.value.reason)
    assert reasons == [FailureReason.CRASHED] * FAILURES + [FailureReason.OVERLOADED]
    assert len(pool.started) == FAILURES
    await pool.use(OTHER)


async def test_a_rule_whose_last_host_was_ended_lets_others_go_first_until_it_has_worked(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    with pytest.raises(HostEndedError):
        await pool.use(script=CRASHES)
    turns = [PoolTurn(GRANTS) for _ in range(2)]
    for turn in turns:
        await pool.result(turn)
    assert [turn.niceness for turn in turns] == [NICENESS, 0]


async def test_a_rule_that_computed_until_it_was_ended_pauses_longer_than_one_that_waited(
    make_pool: MakePool,
) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    pauses_s = []
    for authority, script in ((AUTHORITY, LOOPS), (OTHER, WAITS)):
        for _ in range(FAILURES):
            with pytest.raises(HostEndedError):
                await pool.result(PoolTurn(script, timeout_s=0.5), authority)
        with pytest.raises(HostEndedError) as paused:
            await pool.use(authority, script)
        pauses_s.append(paused.value.pause.left_s if paused.value.pause else 0.0)
    computed, waited = pauses_s
    assert waited <= FIRST_PAUSE_S < computed


async def test_answers_between_crashes_do_not_keep_a_rule_from_pausing(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    reasons: list[FailureReason] = []
    while len(reasons) <= FAILURES:
        try:
            await pool.use(script=CRASHES_THE_SECOND_TIME)
        except HostEndedError as error:
            reasons.append(error.reason)
    assert reasons == [FailureReason.CRASHED] * FAILURES + [FailureReason.OVERLOADED]


async def test_a_rule_that_mostly_works_never_pauses(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    for _ in range(FAILURES + 1):
        with pytest.raises(HostEndedError) as ended:
            await pool.result(PoolTurn(CRASHES_WHEN_ASKED, body={"crash": "now"}))
        assert ended.value.reason is FailureReason.CRASHED
        for _ in range(ANSWERS_FOR_A_FAILURE):
            await pool.use(script=CRASHES_WHEN_ASKED)


async def test_a_greedy_tenant_leaves_as_many_hosts_as_it_takes(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=4, max_hosts_per_rule=4)
    held: list[int] = []
    release = asyncio.Event()
    greedy = [asyncio.create_task(pool.hold(AUTHORITY, held, release)) for _ in range(4)]
    await eventually(lambda: as_seen(held), lambda seen: len(seen) == 2)
    assert await pool.use(OTHER) not in held
    release.set()
    await asyncio.gather(*greedy)
    assert len(held) == 4
    assert len(set(held)) == 2


async def test_idle_hosts_are_ended_when_all_together_have_too_much_memory(make_pool: MakePool) -> None:
    pool = await make_pool(max_memory_mb=1)
    pid = await pool.use()
    await all_gone({pid})


async def test_a_loop_costs_its_own_invocation_and_the_pool_goes_on(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=4)
    with pytest.raises(HostEndedError) as ended:
        await pool.result(PoolTurn(LOOPS, timeout_s=0.2), OTHER)
    assert ended.value.reason is FailureReason.TIMEOUT
    await pool.use()


async def as_seen(held: list[int]) -> set[int]:
    return set(held)


async def looping(pool: Pool, authority: Authority) -> None:
    """An invocation that computes until its time is up."""
    with pytest.raises(HostEndedError) as ended:
        await pool.result(PoolTurn(LOOPS, timeout_s=2), authority)
    assert ended.value.reason is FailureReason.TIMEOUT


async def test_hosts_that_go_on_computing_take_turns_and_both_come_on(make_pool: MakePool) -> None:
    pool = await make_pool()
    pids = pool.started
    loops = [asyncio.create_task(looping(pool, authority)) for authority in (AUTHORITY, OTHER)]
    await eventually(lambda: as_seen(pids), lambda seen: len(seen) == 2)
    stopped: set[int] = set()

    async def each_has_stood_still() -> bool:
        stopped.update([pid for pid in pids if await state_of(pid) == "T"])
        return stopped == set(pids)

    await eventually(each_has_stood_still)
    await asyncio.gather(*loops)
    turn = PoolTurn(COMPUTES)
    await pool.result(turn)
    assert turn.niceness == NICENESS  # the watch goes on


async def test_a_host_that_computes_alone_is_never_told_to_stand_still(make_pool: MakePool) -> None:
    pool = await make_pool()
    turn = PoolTurn(COMPUTES)
    running = asyncio.create_task(pool.result(turn))
    states = set()
    while not running.done():
        if turn.pid:
            states.add(await state_of(turn.pid))
        await asyncio.sleep(0.005)
    await running
    assert "T" not in states
