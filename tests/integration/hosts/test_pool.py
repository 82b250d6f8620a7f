from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from fixtures.pools import AUTHORITY, HOLDS, LOOPS, OTHER, MakePool, Pool, PoolTurn
from fixtures.waiting import all_gone, eventually, living
from rulemint_runner.hosts.errors import HostEndedError, RuleNotLoadedError
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.wire import frames
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.messages import FailureReason
from rulemint_shared.process.background import cancel

WAITS = "import time\ndef rule(client, scope, audience, context):\n    time.sleep(0.02)\n    return {}"


async def test_a_host_is_used_again(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    assert {await pool.use() for _ in range(5)} == {pool.started[0]}
    assert len(pool.started) == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"tenant": "other"}, id="tenant"),
        pytest.param({"rule_id": "rul_2"}, id="rule"),
        pytest.param({"version": 2}, id="version"),
        pytest.param({"secrets_revision": 1}, id="secrets"),
    ],
)
async def test_two_authorities_never_share_a_host(make_pool: MakePool, other: dict[str, str | int]) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    another = msgspec.structs.replace(AUTHORITY, **other)
    pids = [await pool.use(authority) for authority in (AUTHORITY, another) * 3]
    assert set(pids[::2]).isdisjoint(pids[1::2])
    assert len(pool.started) == 2


async def test_slow_invocations_spread_over_as_many_hosts_as_a_rule_may_have(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=3)
    held: list[int] = []
    release = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(9):
            tasks.create_task(pool.hold(AUTHORITY, held, release))
        await eventually(lambda: as_seen(held), lambda seen: len(seen) == 3)
        release.set()
    assert len(held) == 9
    assert set(held) == set(pool.started)
    assert len(pool.started) == 3


async def test_a_rule_that_waits_for_something_spreads(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=16, max_hosts_per_rule=6)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(200):
            tasks.create_task(pool.use(script=WAITS))
    assert len(pool.started) == 6


async def test_two_rules_share_what_the_runner_may_have(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=2)
    held: list[int] = []
    release = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for authority in (AUTHORITY, OTHER) * 3:
            tasks.create_task(pool.hold(authority, held, release))
        await eventually(lambda: as_seen(held), lambda seen: len(seen) == 2)
        assert len(await living(set(pool.started))) <= 2
        release.set()
    assert len(held) == 6


async def test_at_the_cap_the_idle_host_of_another_rule_makes_room(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=1)
    first = await pool.use(AUTHORITY)
    assert await pool.use(OTHER) != first
    await all_gone({first})


async def test_of_several_idle_hosts_the_one_used_least_recently_makes_room(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=3, max_hosts_per_rule=1)
    rules = [msgspec.structs.replace(AUTHORITY, version=version) for version in (1, 2, 3, 4)]
    first, second, third = [await pool.use(rule) for rule in rules[:3]]
    assert await pool.use(rules[0]) == first
    await pool.use(rules[3])
    await all_gone({second})
    assert await living({first, third}) == {first, third}


async def test_a_host_that_runs_is_never_taken_away(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts=1)
    async with held_host(pool):
        with pytest.raises(HostEndedError) as ended:
            await pool.use(OTHER, within_s=0.3)
        assert ended.value.reason is FailureReason.OVERLOADED
    await pool.use(OTHER)


async def test_an_invocation_that_finds_no_host_before_its_deadline_is_overloaded(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    async with held_host(pool):
        with pytest.raises(HostEndedError) as ended:
            await pool.use(within_s=0.1)
    assert ended.value.reason is FailureReason.OVERLOADED
    await pool.use()
    assert len(pool.started) == 1


async def test_a_host_that_was_idle_for_long_is_ended(make_pool: MakePool) -> None:
    pool = await make_pool(idle_s=0.1)
    pid = await pool.use()
    await all_gone({pid})
    assert await pool.use() != pid


async def test_a_host_that_dies_while_it_is_idle_is_replaced(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    pid = await pool.use()
    os.kill(pid, signal.SIGKILL)
    await all_gone({pid})
    assert await pool.use() != pid


async def test_a_host_that_is_killed_at_its_deadline_is_replaced(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    for _ in range(2):
        with pytest.raises(HostEndedError):
            await pool.result(PoolTurn(LOOPS, timeout_s=0.1))
    assert len(set(pool.started)) == 2
    await all_gone(set(pool.started))


async def test_the_host_after_one_that_had_to_be_ended_lets_others_go_first(
    make_pool: MakePool,
) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    seen: list[Priority] = []

    def see(host: Host) -> None:
        seen.append(host.priority)

    pool.note = see
    for _ in range(2):
        with pytest.raises(HostEndedError):
            await pool.result(PoolTurn(LOOPS, timeout_s=0.1))
    await pool.use(OTHER)
    assert seen == [Priority.USUAL, Priority.LOW, Priority.USUAL]


async def test_a_cancelled_invocation_ends_its_host_and_the_next_gets_another(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    turn = PoolTurn(HOLDS, held=[], release=asyncio.Event())
    task = asyncio.create_task(pool.result(turn))
    await eventually(lambda: as_seen([turn.pid]), lambda seen: seen != [0])
    await cancel([task])
    await all_gone(set(pool.started))
    assert await pool.use() != turn.pid


async def test_a_rule_that_does_not_load_fails_everyone_who_waits_and_is_tried_again(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    failures = await asyncio.gather(*(pool.use(script="def rule(") for _ in range(5)), return_exceptions=True)
    assert [type(failure) for failure in failures] == [RuleNotLoadedError] * 5
    await all_gone(set(pool.started))
    assert await pool.use() in pool.started


async def test_closing_leaves_no_process_idle_running_or_starting(make_pool: MakePool) -> None:
    pool = await make_pool()
    held: list[int] = []
    await pool.use(AUTHORITY)
    running = asyncio.create_task(pool.hold(OTHER, held, asyncio.Event()))
    await eventually(lambda: as_seen(held))
    starting = asyncio.create_task(pool.use(msgspec.structs.replace(AUTHORITY, version=2)))
    await eventually(lambda: as_seen(pool.started), lambda seen: len(seen) == 3)
    await pool.pool.close()
    await all_gone(set(pool.started))
    await cancel([running, starting])


@asynccontextmanager
async def held_host(pool: Pool) -> AsyncIterator[None]:
    """While a host runs an invocation, which is answered in the end."""
    held: list[int] = []
    release = asyncio.Event()
    running = asyncio.create_task(pool.hold(AUTHORITY, held, release))
    await eventually(lambda: as_seen(held))
    yield
    release.set()
    await running


async def as_seen(pids: list[int]) -> list[int]:
    return list(pids)


class Unhandled(PoolTurn):
    """A turn of a runner with a fault."""

    def take_line(self, line: frames.Line) -> None:
        raise ZeroDivisionError(line.text)


async def test_a_fault_of_the_runner_at_a_frame_ends_that_host_and_nobody_waits_in_vain(make_pool: MakePool) -> None:
    pool = await make_pool(max_hosts_per_rule=1)
    writes = "def rule(client, scope, audience, context):\n    print('a line')\n    return {}"
    await pool.use(script=writes)
    turns = [PoolTurn(writes), Unhandled(writes, timeout_s=2), PoolTurn(writes)]
    answers = await asyncio.gather(*map(pool.result, turns), return_exceptions=True)
    reasons = [answer.reason if isinstance(answer, HostEndedError) else None for answer in answers]
    assert reasons[:2] == [None, FailureReason.CRASHED]
    assert reasons[2] in {None, FailureReason.CRASHED}  # it may have run, and its answer is lost
    assert await pool.use(script=writes) in pool.started[1:]  # a slow machine may have started one more
