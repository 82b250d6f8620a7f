from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.station import LONG_S, QUICK_MS, SLOW_S, Station, Waiter
from rulemint_shared.records import Language

AUTHORITY = Authority("acme", "rul_1", 1, 0, Language.PYTHON)


class Said:
    """A host as far as a station looks at one."""

    def __init__(self, took_ms: float) -> None:
        self.took_ms = took_ms


def a_host(took_ms: float) -> Host:
    return cast("Host", Said(took_ms))


@pytest.mark.parametrize(("took_ms", "quick"), [(0.2, True), (QUICK_MS - 1, True), (QUICK_MS + 1, False), (50, False)])
async def test_a_rule_is_as_quick_as_its_hosts_usually_say(took_ms: float, quick: bool) -> None:
    station = Station(AUTHORITY)
    for _ in range(100):
        station.learn(a_host(took_ms))
    assert station.is_quick() is quick


async def test_one_slow_invocation_among_many_changes_nothing() -> None:
    station = Station(AUTHORITY)
    for took_ms in (*[0.2] * 20, QUICK_MS * 5, *[0.2] * 20):
        station.learn(a_host(took_ms))
        assert station.is_quick()


async def test_an_invocation_that_is_under_way_for_long_says_so_before_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    station, clock = Station(AUTHORITY), [100.0]
    monkeypatch.setattr("asyncio.get_running_loop", lambda: SimpleNamespace(time=lambda: clock[0]))
    slow, next_one = a_host(0.2), a_host(0.2)
    station.begin(slow)
    clock[0] += 2 * LONG_S
    station.begin(next_one)
    assert not station.is_quick()
    station.end(slow)
    assert station.is_quick()


def waiting(station: Station, count: int) -> None:
    """So many invocations wait for a host of *station*."""
    station.waiting.extend([cast("Waiter", object())] * count)


async def test_few_who_wait_for_a_quick_rule_need_no_further_host() -> None:
    station = Station(AUTHORITY, hosts=1)
    station.learn(a_host(0.2))
    station.begin(a_host(0.2))
    assert not station.is_crowded()
    waiting(station, 1)
    assert not station.is_crowded()
    waiting(station, 1)
    assert station.is_crowded()


async def test_whoever_waits_for_a_host_that_has_answered_and_goes_on_needs_a_further_host() -> None:
    station, host = Station(AUTHORITY, hosts=1), a_host(0.2)
    station.learn(host)
    station.begin(host)
    waiting(station, 1)
    assert not station.is_crowded()
    station.end(host)
    assert station.is_crowded()


async def test_whoever_waits_behind_a_quick_rule_s_slow_invocation_needs_a_further_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    station, clock = Station(AUTHORITY, hosts=1), [100.0]
    monkeypatch.setattr("asyncio.get_running_loop", lambda: SimpleNamespace(time=lambda: clock[0]))
    station.learn(a_host(0.2))
    station.begin(a_host(0.2))
    waiting(station, 1)
    clock[0] += SLOW_S / 2
    assert not station.is_crowded()
    clock[0] += SLOW_S
    assert station.is_crowded()


@pytest.mark.parametrize("took_ms", [None, QUICK_MS * 20], ids=["nothing is known of", "is slow"])
async def test_whoever_waits_for_a_rule_that_may_be_slow_needs_a_further_host(took_ms: float | None) -> None:
    station = Station(AUTHORITY, hosts=1)
    if took_ms is not None:
        station.learn(a_host(took_ms))
    assert not station.is_crowded()
    waiting(station, 1)
    assert station.is_crowded()
