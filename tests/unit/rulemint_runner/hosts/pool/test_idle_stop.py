"""The clock is the event loop's own: what is asserted is what comes first, never how long it took."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, count, repeat

from rulemint_runner.hosts.pool.idle_stop import ALLOWED_S, IdleStop


@dataclass(eq=False)
class Sleeper:
    """A host whose clock shows this whenever somebody looks."""

    shown_s: Iterator[float]
    looked: int = 0
    stopped: asyncio.Event = field(default_factory=asyncio.Event)

    def clock_s(self) -> float:
        self.looked += 1
        return next(self.shown_s)

    def pause(self) -> None:
        self.stopped.set()

    async def stops(self) -> None:
        await asyncio.wait_for(self.stopped.wait(), 10)


def quiet() -> Sleeper:
    return Sleeper(repeat(1.0))


def looping() -> Sleeper:
    """One that computes from its first moment on."""
    return Sleeper(count(1.0, 0.01))


async def test_a_host_that_computes_is_stopped_as_soon_as_that_is_seen_and_no_other_is() -> None:
    idle_stop = IdleStop()
    still, busy, later = quiet(), looping(), Sleeper(chain(repeat(1.0, 6), repeat(1.5)))
    for host in (still, busy, later):
        idle_stop.begin(host)
    await busy.stops()
    assert busy.looked == 2
    assert not later.stopped.is_set()
    await later.stops()
    assert later.looked == 7
    assert not still.stopped.is_set()


async def test_little_is_allowed_and_many_times_little_is_not() -> None:
    idle_stop = IdleStop()
    once, again = Sleeper(chain([1.0], repeat(1.0 + 0.6 * ALLOWED_S))), Sleeper(count(1.0, 0.6 * ALLOWED_S))
    idle_stop.begin(once)
    idle_stop.begin(again)
    await again.stops()
    assert again.looked == 3
    assert not once.stopped.is_set()


async def test_any_host_is_stopped_in_the_end() -> None:
    idle_stop = IdleStop(stopped_after_s=0.3)
    busy, still = looping(), quiet()
    idle_stop.begin(still)
    idle_stop.begin(busy)
    await busy.stops()
    assert not still.stopped.is_set()
    await still.stops()


async def test_a_host_that_is_wanted_in_time_is_never_stopped_and_one_that_is_idle_again_may_be() -> None:
    idle_stop = IdleStop(stopped_after_s=0.0)
    wanted, other = looping(), quiet()
    idle_stop.begin(wanted)
    idle_stop.end(wanted)
    idle_stop.begin(other)
    await other.stops()
    assert not wanted.looked
    idle_stop.begin(wanted)
    await wanted.stops()


async def test_nobody_looks_while_no_host_is_idle() -> None:
    idle_stop = IdleStop(stopped_after_s=0.0)
    first, second = quiet(), quiet()
    idle_stop.begin(first)
    await first.stops()
    looked = first.looked
    idle_stop.begin(second)
    await second.stops()
    assert first.looked == looked
