"""Processes that are killed, or stand still for a while: of each kind, while requests come."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest

from fixtures.breakable import DEADLINE_S, Breakable, Member
from fixtures.calls import call
from fixtures.fault_report import SLOW
from fixtures.faults import Fault, Happens, cases, gone_through

pytestmark = pytest.mark.timeout(120)

BUSY = 12
"""So many hosts may be running a rule when they are broken, about: it cannot be known what a rule has done by then."""
Pick = Callable[[Breakable], Iterable[int]]
"""Numbers of processes."""


def a_gateway(system: Breakable) -> list[int]:
    return [system.gateways[0].pid]


def a_runner(system: Breakable) -> list[int]:
    return [system.runners[0].pid]


def all_runners(system: Breakable) -> list[int]:
    return [runner.pid for runner in system.runners]


def the_hosts(system: Breakable) -> list[int]:
    return [pid for runner in system.runners for pid in runner.hosts()]


def a_spawner(system: Breakable) -> list[int]:
    return [system.runners[0].spawner()]


def the_brokers(system: Breakable) -> list[int]:
    return [pid for runner in system.runners if (pid := runner.broker()) is not None]


def valkey(system: Breakable) -> list[int]:
    return [system.server.process.pid]


def standing_still(pick: Pick, seconds: float) -> Happens:
    async def happens(system: Breakable) -> None:
        pids = list(pick(system))
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        for pid in pids:
            with suppress(ProcessLookupError):  # a host that its runner has given up
                os.kill(pid, signal.SIGCONT)

    return happens


def first_gateway(system: Breakable) -> tuple[Member, ...]:
    return (system.gateways[0],)


def killed(pick: Pick, *, standing_still: Pick = lambda _system: [], for_s: float = 0.2) -> Happens:
    """Kill what is picked, and start the members that ended anew, as their supervisor would."""

    async def happens(system: Breakable) -> None:
        paused = list(standing_still(system))
        for pid in paused:
            os.kill(pid, signal.SIGSTOP)
        for pid in pick(system):
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(for_s)
        for pid in paused:
            with suppress(ProcessLookupError):  # a host that its runner has given up
                os.kill(pid, signal.SIGCONT)
        for member in system.members:
            if not member.is_running:
                await asyncio.to_thread(member.start)

    return happens


LESS_LIKELY = {"a spawner", "every egress broker", "every rule host"}
"""To stand still; ``make faults`` tries them all the same."""
STILL = [
    Fault(
        f"{name} stands still for {seconds} s",
        standing_still(pick, seconds),
        is_slow=seconds > 1 or name in LESS_LIKELY,
        **more,
    )
    for name, pick, more in (
        ("a gateway of two", a_gateway, {"excused": first_gateway}),
        ("a runner of two", a_runner, {}),
        ("every runner", all_runners, {}),
        ("a spawner", a_spawner, {}),
        ("every egress broker", the_brokers, {}),
        ("every rule host", the_hosts, {"may_fail": BUSY}),
        ("valkey", valkey, {}),
    )
    for seconds in (1, 4)
]
KILLED = [
    Fault("a gateway of two is killed", killed(a_gateway), excused=first_gateway),
    Fault("a runner of two is killed", killed(a_runner)),
    Fault("every runner is killed", killed(all_runners), is_slow=True),
    Fault("every rule host is killed", killed(the_hosts), may_fail=BUSY),
    Fault("a spawner is killed", killed(a_spawner), said="spawner"),
    Fault("every egress broker is killed", killed(the_brokers), said="broker"),
    Fault(
        "rule hosts are killed while a spawner stands still", killed(the_hosts, standing_still=a_spawner), may_fail=BUSY
    ),
]


@pytest.mark.parametrize("fault", cases([*STILL, *KILLED]))
async def test_each_request_gets_a_token_or_503_in_time_and_then_tokens_again(
    fault: Fault, system: Breakable, record_property: Any
) -> None:
    await gone_through(fault, system, record_property)


@SLOW
async def test_a_rule_that_began_late_because_of_us_is_not_blamed_and_does_not_pause(system: Breakable) -> None:
    port = system.gateways[0].port
    waits_ms = DEADLINE_S * 1_000 // 2
    asked = {**system.with_rule.body, "marker": "late", "waits": waits_ms}
    for runner in system.runners:
        runner.signal(signal.SIGSTOP)
    asking = [asyncio.create_task(asyncio.to_thread(call, port, "/oauth/token", asked)) for _ in range(6)]
    await asyncio.sleep(DEADLINE_S * 0.6)
    for runner in system.runners:
        runner.signal(signal.SIGCONT)
    statuses = [status for status, _headers, _body in await asyncio.gather(*asking)]
    assert set(statuses) == {503}
    assert call(port, "/oauth/token", {**system.with_rule.body, "marker": "after"})[0] == 200
