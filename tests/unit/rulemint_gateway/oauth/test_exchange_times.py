"""The steps of a token request, by one clock."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.oauth.exchange_times import StepClock
from rulemint_shared.contract.messages import Ending, Granted

BEGAN_MS, BEGAN_S = 1_000_000, 50.0
STEPS = ("authenticate_ms", "gateway_ms", "queue_ms", "rules_ms", "return_ms", "validate_ms")
MS = st.floats(0, 5_000)
FAR_OFF_MS = st.integers(-600_000, 600_000)
"""By how much a runner's clock may be wrong."""


def an_ending(*, picked_up_at_ms: int = 0, ended_at_ms: int = 0, took_ms: float = 0.0) -> Ending:
    return Ending(
        invocation="exc_1", outcome=Granted(scope=[]), picked_up_at_ms=picked_up_at_ms, ended_at_ms=ended_at_ms,
        took_ms=took_ms,
    )  # fmt: skip


@given(steps=st.lists(MS, min_size=6, max_size=6), wrong_ms=FAR_OFF_MS, is_old=st.booleans())
def test_the_steps_add_up_whatever_the_runners_clock_shows(steps: list[float], wrong_ms: int, *, is_old: bool) -> None:
    authenticate, gateway, queue, rules, back, validate = (each / 1000 for each in steps)
    left_s = BEGAN_S + authenticate + gateway
    picked_up_ms = BEGAN_MS + round((authenticate + gateway + queue) * 1000) + wrong_ms
    ending = an_ending(
        picked_up_at_ms=picked_up_ms, ended_at_ms=picked_up_ms + round(rules * 1000), took_ms=rules * 1000
    )
    if is_old:
        ending = msgspec.structs.replace(ending, took_ms=0.0)
    heard_s = left_s + queue + rules + back
    with pytest.MonkeyPatch.context() as patched:
        clock = StepClock(BEGAN_MS, BEGAN_S)
        patched.setattr("time.perf_counter", lambda: BEGAN_S + authenticate)
        clock.authenticated()
        clock.left_s = left_s
        patched.setattr("time.perf_counter", lambda: heard_s)
        clock.heard(ending)
        clock.signs(heard_s + validate)
    assert min(clock.times.values()) >= 0
    assert sum(clock.times[name] for name in STEPS) == pytest.approx(sum(steps), abs=0.01)


def test_what_no_runner_took_up_has_waited_in_the_queue() -> None:
    clock = StepClock(BEGAN_MS, BEGAN_S)
    clock.left_s = BEGAN_S
    clock.heard(an_ending())
    assert clock.times["queue_ms"] > 0
    assert "rules_ms" not in clock.times


def test_without_rules_there_is_no_queue() -> None:
    clock = StepClock(BEGAN_MS, BEGAN_S)
    clock.signs(BEGAN_S + 0.002)
    assert clock.times == {"gateway_ms": 2.0}
