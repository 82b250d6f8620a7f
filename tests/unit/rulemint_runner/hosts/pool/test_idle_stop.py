"""The clock is the event loop's own: what is asserted is what comes first, never how long it took."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

from rulemint_runner.hosts.pool.idle_stop import LOOKS, IdleStop


@dataclass
class Sleeper:
    """A host that has used so much processor time whenever somebody looks."""

    used_s: Iterator[float]
    looked: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def processor_s(self) -> float:
        self.looked += 1
        return next(self.used_s)

    def pause(self) -> None:
        self.stopped.set()


async def test_a_host_that_computes_is_stopped_when_that_is_seen_and_any_other_in_the_end() -> None:
    quiet, busy, later = (
        Sleeper(iter([1.0] * LOOKS)),
        Sleeper(iter([1.0, 1.01])),
        Sleeper(iter([1.0] * (LOOKS - 2) + [1.5])),
    )
    for host in (quiet, busy, later):
        IdleStop(host)
    await asyncio.wait_for(busy.stopped.wait(), 10)
    assert not later.stopped.is_set()
    await asyncio.wait_for(later.stopped.wait(), 10)
    assert not quiet.stopped.is_set()
    await asyncio.wait_for(quiet.stopped.wait(), 10)
    assert (quiet.looked, busy.looked, later.looked) == (LOOKS, 2, LOOKS - 1)


async def test_a_host_that_is_wanted_in_time_is_never_stopped() -> None:
    at_once, looked_at, other = Sleeper(iter([])), Sleeper(iter([1.0, 1.0])), Sleeper(iter([1.0] * LOOKS))
    IdleStop(at_once).cancel()
    stop = IdleStop(looked_at)
    IdleStop(other)
    while looked_at.looked < 2:
        await asyncio.sleep(0.001)
    stop.cancel()
    await asyncio.wait_for(other.stopped.wait(), 10)
    assert not at_once.stopped.is_set()
    assert not looked_at.stopped.is_set()
