"""The clock is the event loop's own: what is asserted is the order of things, never how long they took."""

from __future__ import annotations

import asyncio

from rulemint_shared.pacing import FEW, Pace

MANY = 1_000


async def test_what_is_of_a_tenant_with_little_under_way_leaves_at_once_every_time() -> None:
    left: list[str] = []
    pace = Pace(lambda: left.append("left"))
    for count in (1, 2, FEW):
        pace.want(count)
        pace.want(count)
        assert len(left) == 2
        left.clear()


async def test_what_is_of_a_crowd_leaves_together_soon_after_the_message_before() -> None:
    left: list[str] = []
    gone = asyncio.Event()

    def leave() -> None:
        left.append("left")
        if len(left) == 2:
            gone.set()

    pace = Pace(leave)
    pace.want(MANY)
    assert left == ["left"]
    for _ in range(10):
        pace.want(MANY)
    assert left == ["left"]
    await asyncio.wait_for(gone.wait(), 10)
    assert left == ["left", "left"]


async def test_whoever_is_in_no_crowd_takes_those_along_that_wait_and_nothing_leaves_twice() -> None:
    left: list[str] = []
    pace = Pace(lambda: left.append("left"))
    pace.hurry()
    pace.want(MANY)
    pace.want(1)
    assert len(left) == 2
    pace.want(MANY)
    pace.want(FEW + 1)  # its pause is shorter than that of those before
    while len(left) < 3:
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert len(left) == 3
