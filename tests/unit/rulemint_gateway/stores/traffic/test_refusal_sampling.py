from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.stores.traffic.refusal_sampling import (
    LONGEST_PAUSE_S,
    QUIET_S,
    REMEMBERED,
    SOURCES_IN_FULL,
    RefusalSampler,
)

Kept = tuple[str, int]
IN_FULL = 20


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sampler(clock: Clock) -> RefusalSampler[Kept]:
    return a_sampler(clock)


def a_sampler(clock: Clock) -> RefusalSampler[Kept]:
    return RefusalSampler(IN_FULL, lambda kept, more: (kept[0], more), clock=clock)


def offered(sampler: RefusalSampler[Kept], count: int, *, source: str = "192.0.2.1", tenant: str = "t") -> list[Kept]:
    made = (sampler.offer(tenant, source, lambda n=n: (f"{source} {n}", 0)) for n in range(count))  # type: ignore[misc]  # mypy infers no lambda with a default
    return [kept for kept in made if kept is not None]


def test_the_first_of_a_source_are_kept_in_full(sampler: RefusalSampler[Kept]) -> None:
    assert offered(sampler, IN_FULL) == [(f"192.0.2.1 {n}", 0) for n in range(IN_FULL)]
    assert not sampler.holds


def test_one_of_a_flood_says_how_many_it_stands_for(sampler: RefusalSampler[Kept], clock: Clock) -> None:
    assert len(offered(sampler, 13_000)) == IN_FULL
    assert list(sampler.due()) == []
    clock.now_s += 10
    assert list(sampler.due()) == [(f"192.0.2.1 {IN_FULL}", 13_000 - IN_FULL - 1)]
    assert not sampler.holds


def test_a_refusal_that_is_only_counted_is_not_made(sampler: RefusalSampler[Kept]) -> None:
    made = 0

    def make() -> Kept:
        nonlocal made
        made += 1
        return "", 0

    for _ in range(13_000):
        sampler.offer("t", "192.0.2.1", make)
    assert made == IN_FULL + 1


def test_a_flood_that_goes_on_is_told_ever_more_rarely(sampler: RefusalSampler[Kept], clock: Clock) -> None:
    kept = 0
    for _ in range(24 * 3_600 // 4):
        kept += len(offered(sampler, 10)) + len(list(sampler.due()))
        clock.now_s += 4
    assert kept < IN_FULL + 24 * 3_600 / LONGEST_PAUSE_S + 10


def test_after_some_quiet_a_source_is_kept_in_full_at_its_pace(sampler: RefusalSampler[Kept], clock: Clock) -> None:
    offered(sampler, 1_000)
    clock.now_s += 10
    list(sampler.due())
    assert len(offered(sampler, 1_000)) == int(10 * IN_FULL / 60)
    clock.now_s += 60
    list(sampler.due())
    assert len(offered(sampler, 1_000)) == IN_FULL


def test_a_flood_that_pauses_just_long_enough_gains_nothing(sampler: RefusalSampler[Kept], clock: Clock) -> None:
    kept = 0
    for _ in range(600):
        kept += len(offered(sampler, 100)) + len(list(sampler.due()))
        clock.now_s += QUIET_S
    assert kept < IN_FULL + 600 * QUIET_S / 60 * IN_FULL + 600 * QUIET_S / 10


def test_a_source_that_is_refused_now_and_then_is_always_kept(sampler: RefusalSampler[Kept], clock: Clock) -> None:
    for _ in range(1_000):
        assert len(offered(sampler, 1)) == 1
        clock.now_s += 60 / IN_FULL


def test_a_flood_takes_nothing_from_another_source_or_tenant(sampler: RefusalSampler[Kept]) -> None:
    offered(sampler, 100_000)
    assert len(offered(sampler, 5, source="192.0.2.2")) == 5
    assert len(offered(sampler, 5, tenant="other")) == 5


def test_very_many_sources_are_one_flood(sampler: RefusalSampler[Kept], clock: Clock) -> None:
    kept = sum(len(offered(sampler, 1, source=str(n))) for n in range(50_000))
    assert kept == IN_FULL * SOURCES_IN_FULL
    clock.now_s += 10
    (one,) = sampler.due()
    assert one[1] == 50_000 - kept - 1


def test_what_is_held_of_a_source_that_is_forgotten_is_not_lost(sampler: RefusalSampler[Kept]) -> None:
    offered(sampler, 100)
    for n in range(REMEMBERED):
        offered(sampler, 1, source=str(n))
    assert ("192.0.2.1 20", 79) in list(sampler.due())


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 60), st.floats(0, 40)), max_size=60))
def test_every_refusal_is_kept_or_counted(floods: list[tuple[str, int, float]]) -> None:
    clock = Clock()
    sampler = a_sampler(clock)
    told: list[Kept] = []
    for source, count, pause_s in floods:
        told += offered(sampler, count, source=source)
        clock.now_s += pause_s
        told += sampler.due()
    told += sampler.rest()
    assert len(told) + sum(more for _, more in told) == sum(count for _, count, _ in floods)
    assert not sampler.holds
