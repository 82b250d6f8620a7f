from __future__ import annotations

import pytest

from rulemint_gateway.limits.pace import MAX_WAIT_S, REMEMBERED, Pace


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_answers_go_out_one_after_the_other(clock: Clock) -> None:
    pace = Pace(100, clock=clock)
    assert [pace.next_s("a") for _ in range(3)] == pytest.approx([0, 0.01, 0.02])
    assert pace.next_s("b") == 0, "another address has turns of its own"
    clock.now += 1
    assert pace.next_s("a") == 0


def test_nobody_waits_longer_than_a_second(clock: Clock) -> None:
    pace = Pace(100, clock=clock)
    assert max(pace.next_s("a") for _ in range(1_000)) == pytest.approx(MAX_WAIT_S)
    clock.now += MAX_WAIT_S + 0.02
    assert pace.next_s("a") == 0, "and what waited is done then"


def test_it_can_be_turned_off(clock: Clock) -> None:
    pace = Pace(0, clock=clock)
    assert [pace.next_s("a") for _ in range(1_000)] == [0] * 1_000


def test_memory_is_bounded(clock: Clock) -> None:
    pace = Pace(100, clock=clock)
    for number in range(REMEMBERED + 10):
        pace.next_s(str(number))
    assert len(pace._next) == REMEMBERED
