from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest

from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.station import LONG_S, QUICK_MS, Station
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
