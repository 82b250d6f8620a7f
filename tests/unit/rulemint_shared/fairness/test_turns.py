from __future__ import annotations

import asyncio
import random

import pytest

from rulemint_shared.fairness.turns import NoTurnError, Turns


class Workers:
    """Tasks that take a place, say so, and keep it until they are told."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._may_end: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.began: list[str] = []

    async def start(self, *names: str) -> None:
        """Start one for each of *names*, whose first letter is its tenant."""
        for name in names:
            self._may_end[name] = asyncio.Event()
            self.tasks[name] = asyncio.create_task(self._work(name))
            await asyncio.sleep(0)

    async def _work(self, name: str) -> None:
        async with self._turns.taken(name[0]):
            self.began.append(name)
            await self._may_end[name].wait()

    async def end(self, *names: str) -> None:
        """Have them end, one after the other."""
        for name in names:
            self._may_end[name].set()
            async with asyncio.timeout(5):
                await self.tasks[name]
            await asyncio.sleep(0)

    async def cancel(self, name: str) -> None:
        self.tasks[name].cancel()
        await asyncio.gather(self.tasks[name], return_exceptions=True)


async def test_a_tenant_that_comes_late_is_next_however_many_of_another_wait() -> None:
    workers = Workers(Turns(1, waiting=100, waiting_of_one=100))
    await workers.start(*(f"a{number}" for number in range(20)), "b0", "c0", "b1")
    assert workers.began == ["a0"]
    await workers.end("a0", "b0", "c0", "a1", "b1", "a2")
    assert workers.began == ["a0", "b0", "c0", "a1", "b1", "a2", "a3"]


async def test_one_that_comes_again_and_again_takes_turns_with_those_that_wait() -> None:
    workers = Workers(Turns(1, waiting=100, waiting_of_one=100))
    await workers.start(*(f"a{number}" for number in range(9)))
    for number in range(3):
        await workers.start(f"b{number}")
        await workers.end(f"a{number}", f"b{number}")
    assert workers.began == ["a0", "b0", "a1", "b1", "a2", "b2", "a3"]


async def test_one_tenant_leaves_places_to_others_and_alone_has_its_share() -> None:
    workers = Workers(Turns(4, waiting=10, waiting_of_one=10))
    await workers.start("a0", "a1", "a2", "b0", "c0")
    assert workers.began == ["a0", "a1", "b0", "c0"]
    await workers.end("b0")
    assert workers.began[4:] == [], "the last place is for whoever comes next"
    await workers.end("c0", "a0")
    assert workers.began[4:] == ["a2"]


async def test_those_of_one_tenant_come_in_their_order() -> None:
    workers = Workers(Turns(1, waiting=10, waiting_of_one=10))
    names = [f"a{number}" for number in range(6)]
    await workers.start(*names)
    await workers.end(*names)
    assert workers.began == names


async def test_more_than_may_wait_are_refused_at_once_and_other_tenants_are_not() -> None:
    turns = Turns(1, waiting=3, waiting_of_one=2)
    workers = Workers(turns)
    await workers.start("a0", "a1", "a2")
    with pytest.raises(NoTurnError):
        await turns.wait("a")
    await workers.start("b0")
    assert turns.waiting == 3
    with pytest.raises(NoTurnError):
        await turns.wait("c")
    await workers.end("a0", "b0", "a1", "a2")
    assert (len(turns), turns.waiting) == (0, 0)


async def test_whoever_waits_too_long_is_told_and_leaves_the_queue() -> None:
    turns = Turns(1, waiting=3, waiting_of_one=2)
    assert turns.take_now("a")
    with pytest.raises(NoTurnError, match="within"):
        await turns.wait("a", within_s=0)
    assert turns.waiting == 0
    turns.give_back("a")
    assert turns.take_now("b")


@pytest.mark.parametrize("cancelled", ["a1", "b0"])
async def test_one_that_is_cancelled_while_it_waits_loses_nobody_s_turn(cancelled: str) -> None:
    turns = Turns(1, waiting=10, waiting_of_one=10)
    workers = Workers(turns)
    await workers.start("a0", "a1", "b0", "a2")
    await workers.cancel(cancelled)
    left = [name for name in ("a1", "b0", "a2") if name != cancelled]
    await workers.end("a0")
    for _ in left:
        await workers.end(workers.began[-1])
    assert sorted(workers.began) == sorted(["a0", *left])
    assert (len(turns), turns.waiting) == (0, 0)


async def test_a_place_that_comes_in_the_moment_of_a_cancellation_is_passed_on() -> None:
    turns = Turns(1, waiting=10, waiting_of_one=10)
    assert turns.take_now("a")
    first, second, third = (asyncio.create_task(turns.wait(tenant)) for tenant in "bcd")
    await asyncio.sleep(0)
    first.cancel()  # it has not left the queue yet
    turns.give_back("a")
    await second
    turns.give_back("c")
    third.cancel()  # its turn has come, and it has not heard of it
    await asyncio.gather(first, third, return_exceptions=True)
    assert (len(turns), turns.waiting) == (0, 0)
    assert turns.take_now("e")


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_nobody_starves_and_no_place_is_lost(seed: int) -> None:
    chance = random.Random(seed)  # no secret
    places = chance.randint(1, 5)
    turns = Turns(places, waiting=1_000, waiting_of_one=1_000)
    done: list[str] = []
    under_way = 0

    async def work(tenant: str) -> None:
        nonlocal under_way
        async with turns.taken(tenant):
            under_way += 1
            assert under_way <= places
            try:
                for _ in range(chance.randint(0, 3)):
                    await asyncio.sleep(0)
                done.append(tenant)
            finally:
                under_way -= 1

    tasks = [asyncio.create_task(work(chance.choice("aaaaaaaabc"))) for _ in range(200)]
    cancelled = 0
    for task in chance.sample(tasks, 40):
        await asyncio.sleep(0)
        cancelled += task.cancel()
    async with asyncio.timeout(10):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert len(done) >= len(tasks) - cancelled
    assert (len(turns), turns.waiting, under_way) == (0, 0, 0)
