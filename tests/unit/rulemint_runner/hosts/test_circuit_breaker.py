"""Who pauses, for how long, and what ends it. The clock is a number that a test turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from rulemint_runner.hosts import circuit_breaker as brakes
from rulemint_runner.hosts.authority import Authority
from rulemint_runner.hosts.circuit_breaker import (
    ANSWERS_FOR_A_FAILURE,
    CLIENTS,
    FAILURES,
    FIRST_PAUSE_S,
    FORGOTTEN_AFTER_S,
    HEAD_START_S,
    LONGEST_COSTLY_PAUSE_S,
    LONGEST_PAUSE_S,
    TRIAL_S,
    Admission,
    Brake,
)
from rulemint_runner.hosts.errors import HostEndedError
from rulemint_runner.hosts.pause import Caller, Failure, Pause
from rulemint_runner.sandbox.priority import Priority
from rulemint_shared.contract.endings import failed
from rulemint_shared.contract.messages import MAX_PAUSE_MS, FailureReason
from rulemint_shared.contract.records import Language

RULE = Authority("acme", "rul_1", 1, 0, Language.PYTHON)
NEWER = msgspec.structs.replace(RULE, version=2)
A, B, C, D = (Caller(name) for name in "abcd")
TIMEOUT = Failure(FailureReason.TIMEOUT, 5.0)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    stopped = Clock()
    monkeypatch.setattr(time, "monotonic", stopped)
    return stopped


@pytest.fixture
def brake(clock: Clock) -> Brake:
    assert clock.now_s
    return Brake()


@contextmanager
def admitted(brake: Brake, caller: Caller, rule: Authority = RULE) -> Iterator[Admission]:
    """One invocation of *caller* is under way."""
    admission = brake.admission(rule, caller)
    admission.begin()
    try:
        yield admission
    finally:
        admission.end()


def met(brake: Brake, caller: Caller = A, rule: Authority = RULE) -> Pause | None:
    """The pause that a request of *caller* meets."""
    try:
        with admitted(brake, caller, rule):
            return None
    except HostEndedError as error:
        paused = error
    assert paused.reason is FailureReason.OVERLOADED
    assert paused.pause is not None
    return paused.pause


def answers(brake: Brake, caller: Caller = A, rule: Authority = RULE, *, times: int = 1) -> None:
    for _ in range(times):
        with admitted(brake, caller, rule):
            brake.worked(rule, caller)


def fails(
    brake: Brake, caller: Caller = A, rule: Authority = RULE, *, times: int = 1, computed_s: float = 0.0
) -> Pause | None:
    pause = None
    for _ in range(times):
        with admitted(brake, caller, rule):
            pause = brake.failed(rule, caller, TIMEOUT, computed_s=computed_s)
    return pause


def left_s(pause: Pause | None) -> float:
    assert pause is not None
    return pause.left_s


# ---- one client ----


def test_a_client_that_keeps_failing_pauses_and_every_other_goes_on(brake: Brake) -> None:
    assert fails(brake, times=FAILURES - 1) is None
    assert left_s(fails(brake)) == FIRST_PAUSE_S
    pause = met(brake)
    assert pause is not None
    assert (pause.left_s, pause.for_all, pause.why) == (FIRST_PAUSE_S, False, "three timeouts of 5 s")
    assert [met(brake, other) for other in (B, C, D)] == [None] * 3


def test_one_client_never_pauses_a_rule_for_others_however_often_it_fails(brake: Brake, clock: Clock) -> None:
    for _ in range(50):
        while met(brake) is not None:
            clock.now_s += 1
        fails(brake, computed_s=5.0)
        assert met(brake, B) is None


def test_two_clients_do_not_either(brake: Brake, clock: Clock) -> None:
    for _ in range(20):
        for caller in (A, B):
            while met(brake, caller) is not None:
                clock.now_s += 1
            fails(brake, caller, computed_s=5.0)
        assert met(brake, C) is None


def test_another_version_does_not_pause(brake: Brake) -> None:
    fails(brake, times=FAILURES)
    assert met(brake) is not None
    assert met(brake, rule=NEWER) is None


def test_after_a_pause_one_invocation_tries_and_nobody_beside_it(brake: Brake, clock: Clock) -> None:
    fails(brake, times=FAILURES)
    clock.now_s += FIRST_PAUSE_S
    with admitted(brake, A):
        assert left_s(met(brake)) == TRIAL_S
        assert met(brake, B) is None
        brake.worked(RULE, A)
    assert met(brake) is None


def test_a_failed_trial_pauses_for_twice_as_long_up_to_a_limit(brake: Brake, clock: Clock) -> None:
    pauses_s = [left_s(fails(brake, times=FAILURES))]
    for _ in range(6):
        clock.now_s += pauses_s[-1]
        pauses_s.append(left_s(fails(brake)))
    assert pauses_s == [5.0, 10.0, 20.0, 30.0, 30.0, 30.0, 30.0]
    assert max(pauses_s) == LONGEST_PAUSE_S


def test_who_computed_pauses_for_what_it_cost_and_a_gateway_takes_the_longest(brake: Brake) -> None:
    assert left_s(fails(brake, times=FAILURES, computed_s=1.0)) == 300.0
    pause = fails(brake, B, times=FAILURES, computed_s=60.0)
    assert left_s(pause) == LONGEST_COSTLY_PAUSE_S
    assert failed(FailureReason.OVERLOADED, pauses_for_s=left_s(pause)).pauses_for_ms == MAX_PAUSE_MS


def test_ten_answers_make_up_for_a_failure(brake: Brake) -> None:
    for _ in range(5 * FAILURES):
        assert fails(brake) is None
        answers(brake, times=ANSWERS_FOR_A_FAILURE)


def test_failures_far_apart_are_forgotten(brake: Brake, clock: Clock) -> None:
    for _ in range(5 * FAILURES):
        assert fails(brake) is None
        clock.now_s += FORGOTTEN_AFTER_S


def test_an_answer_of_what_ran_already_does_not_end_a_pause(brake: Brake) -> None:
    with ExitStack() as running:
        running.enter_context(admitted(brake, A))
        fails(brake, times=FAILURES)
        brake.worked(RULE, A)
    assert met(brake) is not None


def test_what_waited_for_a_host_is_asked_again(brake: Brake) -> None:
    with admitted(brake, A) as admission, admitted(brake, B) as of_another:
        admission.check_again()
        fails(brake, times=FAILURES)
        with pytest.raises(HostEndedError):
            admission.check_again()
        of_another.check_again()


def test_what_tries_after_a_pause_may_begin(brake: Brake, clock: Clock) -> None:
    fails(brake, times=FAILURES)
    clock.now_s += FIRST_PAUSE_S
    with admitted(brake, A) as admission:
        admission.check_again()


# ---- several clients ----


def test_several_clients_that_fail_pause_the_rule_for_all(brake: Brake) -> None:
    assert [fails(brake, caller) for caller in (A, B)] == [None, None]
    pause = fails(brake, C)
    assert pause is not None
    assert pause.for_all
    assert left_s(met(brake, D)) == FIRST_PAUSE_S
    assert CLIENTS == 3


def test_many_clients_of_a_rule_that_computes_cost_three_invocations_and_then_wait(brake: Brake) -> None:
    ran = 0
    for number in range(100):
        caller = Caller(f"client {number}")
        if met(brake, caller) is None:
            fails(brake, caller, computed_s=5.0)
            ran += 1
    assert ran == CLIENTS
    assert left_s(met(brake, D)) == LONGEST_COSTLY_PAUSE_S


def test_answers_to_others_say_that_it_is_not_the_rule(brake: Brake) -> None:
    for number in range(20):
        fails(brake, Caller(f"client {number}"))
        answers(brake, D, times=ANSWERS_FOR_A_FAILURE)
        assert met(brake, D) is None


def test_clients_that_fail_far_apart_do_not_pause_the_rule(brake: Brake, clock: Clock) -> None:
    for number in range(20):
        fails(brake, Caller(f"client {number}"))
        clock.now_s += FORGOTTEN_AFTER_S
        assert met(brake, D) is None


def test_a_client_counts_for_as_long_as_it_pauses(brake: Brake, clock: Clock) -> None:
    for caller in (A, B):
        fails(brake, caller, times=FAILURES, computed_s=5.0)
        clock.now_s += 100
    fails(brake, C)
    assert met(brake, D) is not None


def test_a_pause_for_all_is_tried_by_others_before_those_that_it_came_from(brake: Brake, clock: Clock) -> None:
    for caller in (A, B, C):
        fails(brake, caller)
    pause = met(brake, A)
    assert pause is not None
    assert pause.left_s == FIRST_PAUSE_S + HEAD_START_S
    assert pause.longer
    clock.now_s += FIRST_PAUSE_S
    assert met(brake, A) is not None
    answers(brake, D)
    assert [met(brake, caller) for caller in (A, B, C, D)] == [None] * 4


def test_those_that_it_came_from_try_in_the_end_and_do_not_hold_back_others(brake: Brake, clock: Clock) -> None:
    for caller in (A, B, C):
        fails(brake, caller)
    clock.now_s += FIRST_PAUSE_S + HEAD_START_S
    fails(brake, A)
    assert met(brake, D) is None


def test_another_client_whose_trial_fails_says_that_it_is_still_the_rule(brake: Brake, clock: Clock) -> None:
    for caller in (A, B, C):
        fails(brake, caller)
    clock.now_s += FIRST_PAUSE_S
    assert left_s(fails(brake, D)) == 2 * FIRST_PAUSE_S + HEAD_START_S
    assert left_s(met(brake, Caller("e"))) == 2 * FIRST_PAUSE_S


def test_a_rule_that_cannot_be_loaded_pauses_for_all_whoever_asked(brake: Brake) -> None:
    syntax = Failure(FailureReason.SYNTAX, 0.0)
    assert [brake.not_loaded(RULE, A, syntax) for _ in range(FAILURES - 1)] == [None] * (FAILURES - 1)
    pause = brake.not_loaded(RULE, A, syntax)
    assert pause is not None
    assert pause.for_all
    assert met(brake, B) == pause


# ---- what an operator ends ----


def test_a_resumed_rule_runs_for_all_again(brake: Brake) -> None:
    for caller in (A, B, C):
        fails(brake, caller, computed_s=5.0)
    resumed = [Caller(caller.client, rule_resumed_ms=1) for caller in (A, B, C, D)]
    assert [met(brake, caller) for caller in resumed] == [None] * 4
    assert fails(brake, resumed[0]) is None


def test_a_resumed_client_runs_again_and_another_that_pauses_does_not(brake: Brake) -> None:
    for caller in (A, B):
        fails(brake, caller, times=FAILURES, computed_s=5.0)
    resumed = Caller(A.client, client_resumed_ms=7)
    assert met(brake, resumed) is None
    assert met(brake, B) is not None
    assert fails(brake, resumed, times=FAILURES) is not None
    assert met(brake, resumed) is not None
    assert met(brake, Caller(A.client, client_resumed_ms=8)) is None


def test_what_is_on_its_way_since_before_a_resumption_does_not_bring_the_pause_back(brake: Brake) -> None:
    fails(brake, times=FAILURES)
    resumed = Caller(A.client, rule_resumed_ms=1)
    assert met(brake, resumed) is None
    assert met(brake, A) is None


# ---- who competes with whom ----


def test_a_client_whose_last_invocation_ended_its_host_lets_others_go_first(brake: Brake) -> None:
    assert brake.priority(RULE, A) is Priority.USUAL
    fails(brake)
    assert (brake.priority(RULE, A), brake.priority(RULE, B)) == (Priority.LOW, Priority.USUAL)
    answers(brake)
    assert brake.priority(RULE, A) is Priority.USUAL


def test_after_a_pause_it_has_what_others_leave(brake: Brake) -> None:
    fails(brake, times=FAILURES)
    assert (brake.priority(RULE, A), brake.priority(RULE, B)) == (Priority.IDLE, Priority.USUAL)


def test_after_a_pause_for_all_everybody_has_what_others_leave(brake: Brake, clock: Clock) -> None:
    for caller in (A, B, C):
        fails(brake, caller)
    clock.now_s += FIRST_PAUSE_S
    fails(brake, D)
    assert brake.priority(RULE, D) is Priority.IDLE


# ---- what is remembered ----


def of_many(brake: Brake, count: int, make: Callable[[int], tuple[Authority, Caller]]) -> None:
    for number in range(count):
        rule, caller = make(number)
        fails(brake, caller, rule)


def test_no_tenant_makes_another_s_pause_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brakes, "_REMEMBERED_RULES", 20)
    monkeypatch.setattr(brakes, "_REMEMBERED_CLIENTS", 20)
    small = Brake()
    fails(small, times=FAILURES, computed_s=5.0)
    other = msgspec.structs.replace(RULE, tenant="other")
    of_many(small, 100, lambda number: (msgspec.structs.replace(other, version=number), A))
    of_many(small, 100, lambda number: (msgspec.structs.replace(other, version=number), Caller(f"c{number}")))
    assert met(small) is not None


def test_a_rule_that_works_again_is_forgotten(brake: Brake, clock: Clock) -> None:
    fails(brake, times=FAILURES)
    clock.now_s += 10 * FORGOTTEN_AFTER_S
    answers(brake, times=2 * ANSWERS_FOR_A_FAILURE)
    assert brake._rules.get(RULE.tenant, RULE) is None  # what takes memory is no behaviour
    assert RULE.tenant not in brake._clients.by_tenant  # as above
