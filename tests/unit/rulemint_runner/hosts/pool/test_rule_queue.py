from __future__ import annotations

from typing import cast

import pytest

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pool.rule_queue import LONG_S, MAX_WINDOW, QUICK_MS, SLOW_S, WORTH_MS, Station
from rulemint_runner.hosts.turn import Turn
from rulemint_shared.contract.records import Language

AUTHORITY = Authority("acme", "rul_1", 1, 0, Language.PYTHON)


def a_host() -> Host:
    return cast("Host", object())


@pytest.mark.parametrize(("took_ms", "quick"), [(0.2, True), (QUICK_MS - 1, True), (QUICK_MS + 1, False), (50, False)])
async def test_a_rule_is_as_quick_as_its_hosts_usually_say(took_ms: float, quick: bool) -> None:
    station = Station(AUTHORITY)
    for _ in range(100):
        station.learn(took_ms)
    assert station.is_quick() is quick


async def test_one_slow_invocation_among_many_changes_nothing() -> None:
    station = Station(AUTHORITY)
    for took_ms in (*[0.2] * 20, QUICK_MS * 5, *[0.2] * 20):
        station.learn(took_ms)
        assert station.is_quick()


async def test_an_invocation_that_is_under_way_for_long_says_so_before_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    station, clock = Station(AUTHORITY), [100.0]
    monkeypatch.setattr("rulemint_runner.hosts.pool.rule_queue.monotonic", lambda: clock[0])
    slow, next_one = a_host(), a_host()
    station.begin(slow)
    clock[0] += 2 * LONG_S
    station.begin(next_one)
    assert not station.is_quick()
    station.end(slow)
    assert station.is_quick()


def waiting(station: Station, count: int) -> None:
    """So many invocations wait for a host of *station*."""
    station.waiting.extend([cast("Turn", object())] * count)


async def test_few_who_wait_for_a_quick_rule_need_no_further_host() -> None:
    station = Station(AUTHORITY, hosts=1)
    station.learn(0.2)
    station.begin(a_host())
    assert not station.is_crowded()
    waiting(station, station.window())
    assert not station.is_crowded()
    waiting(station, 1)
    assert station.is_crowded()


@pytest.mark.parametrize(
    ("took_ms", "window"),
    [(0.01, MAX_WINDOW), (WORTH_MS / 4, 4), (WORTH_MS, 1), (QUICK_MS - 1, 1), (QUICK_MS * 20, 1)],
)
async def test_a_host_is_sent_as_much_at_a_time_as_is_soon_done(took_ms: float, window: int) -> None:
    station = Station(AUTHORITY)
    for _ in range(200):
        station.learn(took_ms)
    assert station.window() in {window, window + 1}


async def test_one_at_a_time_goes_to_hosts_of_a_rule_of_which_nothing_is_known_or_that_waits_for_what_it_asks() -> None:
    station = Station(AUTHORITY)
    assert station.window() == 1
    station.learn(0.1)
    assert station.window() == MAX_WINDOW
    station.learn_that_it_asks()
    assert station.window() == 1


async def test_whoever_waits_for_a_host_that_has_answered_and_goes_on_needs_a_further_host() -> None:
    station, host = Station(AUTHORITY, hosts=1), a_host()
    station.learn(0.2)
    station.begin(host)
    waiting(station, 1)
    assert not station.is_crowded()
    station.end(host)
    assert station.is_crowded()


async def test_whoever_waits_behind_a_quick_rule_s_slow_invocation_needs_a_further_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    station, clock = Station(AUTHORITY, hosts=1), [100.0]
    monkeypatch.setattr("rulemint_runner.hosts.pool.rule_queue.monotonic", lambda: clock[0])
    station.learn(0.2)
    station.begin(a_host())
    waiting(station, 1)
    clock[0] += SLOW_S / 2
    assert not station.is_crowded()
    clock[0] += SLOW_S
    assert station.is_crowded()


@pytest.mark.parametrize("took_ms", [None, QUICK_MS * 20], ids=["nothing is known of", "is slow"])
async def test_whoever_waits_for_a_rule_that_may_be_slow_needs_a_further_host(took_ms: float | None) -> None:
    station = Station(AUTHORITY, hosts=1)
    if took_ms is not None:
        station.learn(took_ms)
    assert not station.is_crowded()
    waiting(station, 1)
    assert station.is_crowded()
