from __future__ import annotations

import asyncio

import pytest

from rulemint_shared.process.growing_pause import GrowingPause


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds of every pause, which takes none."""
    pauses: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses.append(pause_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return pauses


async def test_each_pause_is_twice_as_long_until_the_longest(slept: list[float]) -> None:
    pause = GrowingPause(0.1, 0.5)
    for _ in range(5):
        await pause.wait()
    assert slept == [0.1, 0.2, 0.4, 0.5, 0.5]


async def test_after_a_try_that_worked_the_first_pause_comes_again(slept: list[float]) -> None:
    pause = GrowingPause(0.1, 10.0)
    await pause.wait()
    await pause.wait()
    pause.reset()
    assert pause.next_s == 0.1
    await pause.wait()
    assert slept == [0.1, 0.2, 0.1]


async def test_a_random_part_of_it_grows_as_well(slept: list[float]) -> None:
    pause = GrowingPause(0.1, 10.0)
    for _ in range(4):
        await pause.wait_at_random()
    assert all(0 <= each <= limit for each, limit in zip(slept, [0.1, 0.2, 0.4, 0.8], strict=True))
    assert pause.next_s == pytest.approx(1.6)
