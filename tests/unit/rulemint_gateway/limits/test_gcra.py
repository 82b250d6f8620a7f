from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.limits.gcra import Buckets, Rate


class Clock:
    """A time that passes when told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


RATE = Rate(burst=10, per_minute=6)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def buckets(clock: Clock) -> Buckets:
    return Buckets(clock=clock)


def take_all(buckets: Buckets, key: str = "k", rate: Rate = RATE, most: int = 1_000) -> int:
    """How many there are."""
    for taken in range(most):
        if buckets.wait_s(key, rate):
            return taken
        buckets.take(key, rate)
    return most


def test_a_burst_is_allowed_and_no_more(buckets: Buckets) -> None:
    assert take_all(buckets) == RATE.burst
    assert buckets.wait_s("k", RATE) == pytest.approx(RATE.interval_s)


def test_after_the_wait_there_is_exactly_one(buckets: Buckets, clock: Clock) -> None:
    take_all(buckets)
    clock.now += buckets.wait_s("k", RATE) - 0.001
    assert buckets.wait_s("k", RATE) > 0
    clock.now += 0.002
    assert take_all(buckets) == 1


def test_a_bucket_fills_up_and_does_not_run_over(buckets: Buckets, clock: Clock) -> None:
    take_all(buckets)
    clock.now += 100 * RATE.depth_s
    assert take_all(buckets) == RATE.burst


def test_keys_know_nothing_of_each_other(buckets: Buckets) -> None:
    take_all(buckets, "one")
    assert take_all(buckets, "other") == RATE.burst


def test_without_a_burst_nobody_waits(buckets: Buckets) -> None:
    assert take_all(buckets, rate=Rate(0, 6)) == 1_000


def test_what_others_took_counts_and_what_they_did_not_take_changes_nothing(buckets: Buckets) -> None:
    buckets.learn("k", RATE.depth_s - 2 * RATE.interval_s)
    assert take_all(buckets) == 2
    waits_s = buckets.wait_s("k", RATE)
    buckets.learn("k", 1.0)
    assert buckets.wait_s("k", RATE) == waits_s


def test_nobody_waits_for_longer_than_two_bursts_take(buckets: Buckets) -> None:
    for _ in range(1_000):
        buckets.take("k", RATE)
    assert buckets.wait_s("k", RATE) <= RATE.depth_s + RATE.interval_s


def test_memory_is_bounded_and_the_longest_untouched_bucket_goes_first(clock: Clock) -> None:
    buckets = Buckets(clock=clock, remembered=2)
    for key in ("a", "b", "a", "c"):
        for _ in range(RATE.burst):
            buckets.take(key, RATE)
    assert [bool(buckets.wait_s(key, RATE)) for key in ("a", "b", "c")] == [True, False, True]


@given(
    pauses_s=st.lists(st.floats(0, 300), max_size=60),
    rate=st.builds(Rate, st.integers(1, 20), st.integers(1, 600)),
)
def test_no_series_of_tries_gets_more_than_its_rate(pauses_s: list[float], rate: Rate) -> None:
    clock = Clock()
    buckets, begin, taken = Buckets(clock=clock), clock.now, 0
    for pause_s in pauses_s:
        clock.now += pause_s
        taken += take_all(buckets, rate=rate)
        assert taken <= rate.burst + (clock.now - begin) / rate.interval_s + 1e-6
