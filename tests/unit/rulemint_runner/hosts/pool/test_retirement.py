from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import cast

import pytest

from rulemint_runner.hosts.host import Host
from rulemint_runner.hosts.pool.retirement import Retirement
from rulemint_runner.sandbox.priority import Priority

AGE_S = 600.0


@dataclass
class Figures:
    """What `Retirement` asks of a host."""

    pid: int = 4_711
    runs: int = 0
    started_s: float = 0.0
    bytes_used: int = 0
    max_private_bytes: int = 100
    priority: Priority = Priority.USUAL

    def private_bytes(self) -> int:
        return self.bytes_used


def retires(figures: Figures, *, now_s: float = 1.0) -> str | None:
    return Retirement(max_runs=10, max_age_s=AGE_S).reason(cast("Host", figures), now_s=now_s)


def test_a_host_that_has_hardly_served_stays() -> None:
    assert retires(Figures(runs=9, bytes_used=69)) is None


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        (Figures(runs=10), "10 invocations"),
        (Figures(bytes_used=70), "more than 70% of its memory taken"),
        (Figures(priority=Priority.LOW), "an invocation that computed for long"),
        (Figures(started_s=1.0 - AGE_S), "600 s old"),
    ],
)
def test_a_host_that_has_done_enough_is_replaced(figures: Figures, why: str) -> None:
    assert retires(figures) == why


def test_hosts_that_started_together_do_not_end_together() -> None:
    moments = range(int(AGE_S) + 1)
    ends = Counter(next(s for s in moments if retires(Figures(pid=pid), now_s=s)) for pid in range(5_000, 5_100))
    assert min(ends) >= AGE_S * 0.75
    assert max(ends) <= AGE_S
    assert max(ends.values()) <= 2  # within one second, of a hundred that have 150 s
