"""Who pauses, for how long, and what ends it. The clock is a number that a test turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import pytest

from rulemint_runner.hosts import circuit_breaker
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
    CircuitBreaker,
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
def breaker(clock: Clock) -> CircuitBreaker:
    assert clock.now_s
    return CircuitBreaker()


@contextmanager
def admitted(breaker: CircuitBreaker, caller: Caller, rule: Authority = RULE) -> Iterator[Admission]:
    """One invocation of *caller* is under way."""
    admission = breaker.admission(rule, caller)
    admission.begin()
    try:
        yield admission
    finally:
        admission.end()


def met(breaker: CircuitBreaker, caller: Caller = A, rule: Authority = RULE) -> Pause | None:
    """The pause that a request of *caller* meets."""
    try:
        with admitted(breaker, caller, rule):
            return None
    except HostEndedError as error:
        paused = error
    assert paused.reason is FailureReason.OVERLOADED
    assert paused.pause is not None
    return paused.pause


def answers(breaker: CircuitBreaker, caller: Caller = A, rule: Authority = RULE, *, times: int = 1) -> None:
    for _ in range(times):
        with admitted(breaker, caller, rule):
            breaker.worked(rule, caller)


def fails(
    breaker: CircuitBreaker, caller: Caller = A, rule: Authority = RULE, *, times: int = 1, computed_s: float = 0.0
) -> Pause | None:
    pause = None
    for _ in range(times):
        with admitted(breaker, caller, rule):
            pause = breaker.failed(rule, caller, TIMEOUT, computed_s=computed_s)
    return pause


def left_s(pause: Pause | None) -> float:
    assert pause is not None
    return pause.left_s


# ---- one client ----


def test_a_client_that_keeps_failing_pauses_and_every_other_goes_on(breaker: CircuitBreaker) -> None:
    assert fails(breaker, times=FAILURES - 1) is None
    assert left_s(fails(breaker)) == FIRST_PAUSE_S
    pause = met(breaker)
    assert pause is not None
    assert (pause.left_s, pause.for_all, pause.why) == (FIRST_PAUSE_S, False, "three timeouts of 5 s")
    assert [met(breaker, other) for other in (B, C, D)] == [None] * 3


def test_one_client_never_pauses_a_rule_for_others_however_often_it_fails(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    for _ in range(50):
        while met(breaker) is not None:
            clock.now_s += 1
        fails(breaker, computed_s=5.0)
        assert met(breaker, B) is None


def test_two_clients_do_not_either(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(20):
        for caller in (A, B):
            while met(breaker, caller) is not None:
                clock.now_s += 1
            fails(breaker, caller, computed_s=5.0)
        assert met(breaker, C) is None


def test_another_version_does_not_pause(breaker: CircuitBreaker) -> None:
    fails(breaker, times=FAILURES)
    assert met(breaker) is not None
    assert met(breaker, rule=NEWER) is None


def test_after_a_pause_one_invocation_tries_and_nobody_beside_it(breaker: CircuitBreaker, clock: Clock) -> None:
    fails(breaker, times=FAILURES)
    clock.now_s += FIRST_PAUSE_S
    with admitted(breaker, A):
        assert left_s(met(breaker)) == TRIAL_S
        assert met(breaker, B) is None
        breaker.worked(RULE, A)
    assert met(breaker) is None


def test_a_failed_trial_pauses_for_twice_as_long_up_to_a_limit(breaker: CircuitBreaker, clock: Clock) -> None:
    pauses_s = [left_s(fails(breaker, times=FAILURES))]
    for _ in range(6):
        clock.now_s += pauses_s[-1]
        pauses_s.append(left_s(fails(breaker)))
    assert pauses_s == [5.0, 10.0, 20.0, 30.0, 30.0, 30.0, 30.0]
    assert max(pauses_s) == LONGEST_PAUSE_S


def test_who_computed_pauses_for_what_it_cost_and_a_gateway_takes_the_longest(breaker: CircuitBreaker) -> None:
    assert left_s(fails(breaker, times=FAILURES, computed_s=1.0)) == 300.0
    pause = fails(breaker, B, times=FAILURES, computed_s=60.0)
    assert left_s(pause) == LONGEST_COSTLY_PAUSE_S
    assert failed(FailureReason.OVERLOADED, pauses_for_s=left_s(pause)).pauses_for_ms == MAX_PAUSE_MS


def test_ten_answers_make_up_for_a_failure(breaker: CircuitBreaker) -> None:
    for _ in range(5 * FAILURES):
        assert fails(breaker) is None
        answers(breaker, times=ANSWERS_FOR_A_FAILURE)


def test_failures_far_apart_are_forgotten(breaker: CircuitBreaker, clock: Clock) -> None:
    for _ in range(5 * FAILURES):
        assert fails(breaker) is None
        clock.now_s += FORGOTTEN_AFTER_S


def test_an_answer_of_what_ran_already_does_not_end_a_pause(breaker: CircuitBreaker) -> None:
    with ExitStack() as running:
        running.enter_context(admitted(breaker, A))
        fails(breaker, times=FAILURES)
        breaker.worked(RULE, A)
    assert met(breaker) is not None


def test_what_waited_for_a_host_is_asked_again(breaker: CircuitBreaker) -> None:
    with admitted(breaker, A) as admission, admitted(breaker, B) as of_another:
        admission.check_again()
        fails(breaker, times=FAILURES)
        with pytest.raises(HostEndedError):
            admission.check_again()
        of_another.check_again()


def test_what_tries_after_a_pause_may_begin(breaker: CircuitBreaker, clock: Clock) -> None:
    fails(breaker, times=FAILURES)
    clock.now_s += FIRST_PAUSE_S
    with admitted(breaker, A) as admission:
        admission.check_again()


# ---- several clients ----


def test_several_clients_that_fail_pause_the_rule_for_all(breaker: CircuitBreaker) -> None:
    assert [fails(breaker, caller) for caller in (A, B)] == [None, None]
    pause = fails(breaker, C)
    assert pause is not None
    assert pause.for_all
    assert left_s(met(breaker, D)) == FIRST_PAUSE_S
    assert CLIENTS == 3


def test_many_clients_of_a_rule_that_computes_cost_three_invocations_and_then_wait(breaker: CircuitBreaker) -> None:
    ran = 0
    for number in range(100):
        caller = Caller(f"client {number}")
        if met(breaker, caller) is None:
            fails(breaker, caller, computed_s=5.0)
            ran += 1
    assert ran == CLIENTS
    assert left_s(met(breaker, D)) == LONGEST_COSTLY_PAUSE_S


def test_answers_to_others_say_that_it_is_not_the_rule(breaker: CircuitBreaker) -> None:
    for number in range(20):
        fails(breaker, Caller(f"client {number}"))
        answers(breaker, D, times=ANSWERS_FOR_A_FAILURE)
        assert met(breaker, D) is None


def test_clients_that_fail_far_apart_do_not_pause_the_rule(breaker: CircuitBreaker, clock: Clock) -> None:
    for number in range(20):
        fails(breaker, Caller(f"client {number}"))
        clock.now_s += FORGOTTEN_AFTER_S
        assert met(breaker, D) is None


def test_a_client_counts_for_as_long_as_it_pauses(breaker: CircuitBreaker, clock: Clock) -> None:
    for caller in (A, B):
        fails(breaker, caller, times=FAILURES, computed_s=5.0)
        clock.now_s += 100
    fails(breaker, C)
    assert met(breaker, D) is not None


def test_a_pause_for_all_is_tried_by_others_before_those_that_it_came_from(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    for caller in (A, B, C):
        fails(breaker, caller)
    pause = met(breaker, A)
    assert pause is not None
    assert pause.left_s == FIRST_PAUSE_S + HEAD_START_S
    assert pause.longer
    clock.now_s += FIRST_PAUSE_S
    assert met(breaker, A) is not None
    answers(breaker, D)
    assert [met(breaker, caller) for caller in (A, B, C, D)] == [None] * 4


def test_those_that_it_came_from_try_in_the_end_and_do_not_hold_back_others(
    breaker: CircuitBreaker, clock: Clock
) -> None:
    for caller in (A, B, C):
        fails(breaker, caller)
    clock.now_s += FIRST_PAUSE_S + HEAD_START_S
    fails(breaker, A)
    assert met(breaker, D) is None


def test_another_client_whose_trial_fails_says_that_it_is_still_the_rule(breaker: CircuitBreaker, clock: Clock) -> None:
    for caller in (A, B, C):
        fails(breaker, caller)
    clock.now_s += FIRST_PAUSE_S
    assert left_s(fails(breaker, D)) == 2 * FIRST_PAUSE_S + HEAD_START_S
    assert left_s(met(breaker, Caller("e"))) == 2 * FIRST_PAUSE_S


def test_a_rule_that_cannot_be_loaded_pauses_for_all_whoever_asked(breaker: CircuitBreaker) -> None:
    syntax = Failure(FailureReason.SYNTAX, 0.0)
    assert [breaker.not_loaded(RULE, A, syntax) for _ in range(FAILURES - 1)] == [None] * (FAILURES - 1)
    pause = breaker.not_loaded(RULE, A, syntax)
    assert pause is not None
    assert pause.for_all
    assert met(breaker, B) == pause


# ---- what an operator ends ----


def test_a_resumed_rule_runs_for_all_again(breaker: CircuitBreaker) -> None:
    for caller in (A, B, C):
        fails(breaker, caller, computed_s=5.0)
    resumed = [Caller(caller.client, rule_resumed_ms=1) for caller in (A, B, C, D)]
    assert [met(breaker, caller) for caller in resumed] == [None] * 4
    assert fails(breaker, resumed[0]) is None


def test_a_resumed_client_runs_again_and_another_that_pauses_does_not(breaker: CircuitBreaker) -> None:
    for caller in (A, B):
        fails(breaker, caller, times=FAILURES, computed_s=5.0)
    resumed = Caller(A.client, client_resumed_ms=7)
    assert met(breaker, resumed) is None
    assert met(breaker, B) is not None
    assert fails(breaker, resumed, times=FAILURES) is not None
    assert met(breaker, resumed) is not None
    assert met(breaker, Caller(A.client, client_resumed_ms=8)) is None


def test_what_is_on_its_way_since_before_a_resumption_does_not_bring_the_pause_back(breaker: CircuitBreaker) -> None:
    fails(breaker, times=FAILURES)
    resumed = Caller(A.client, rule_resumed_ms=1)
    assert met(breaker, resumed) is None
    assert met(breaker, A) is None


# ---- who competes with whom ----


def test_a_client_whose_last_invocation_ended_its_host_lets_others_go_first(breaker: CircuitBreaker) -> None:
    assert breaker.priority(RULE, A) is Priority.USUAL
    fails(breaker)
    assert (breaker.priority(RULE, A), breaker.priority(RULE, B)) == (Priority.LOW, Priority.USUAL)
    answers(breaker)
    assert breaker.priority(RULE, A) is Priority.USUAL


def test_after_a_pause_it_has_what_others_leave(breaker: CircuitBreaker) -> None:
    fails(breaker, times=FAILURES)
    assert (breaker.priority(RULE, A), breaker.priority(RULE, B)) == (Priority.IDLE, Priority.USUAL)


def test_after_a_pause_for_all_everybody_has_what_others_leave(breaker: CircuitBreaker, clock: Clock) -> None:
    for caller in (A, B, C):
        fails(breaker, caller)
    clock.now_s += FIRST_PAUSE_S
    fails(breaker, D)
    assert breaker.priority(RULE, D) is Priority.IDLE


# ---- what is remembered ----


def of_many(breaker: CircuitBreaker, count: int, make: Callable[[int], tuple[Authority, Caller]]) -> None:
    for number in range(count):
        rule, caller = make(number)
        fails(breaker, caller, rule)


def test_no_tenant_makes_another_s_pause_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuit_breaker, "_REMEMBERED_RULES", 20)
    monkeypatch.setattr(circuit_breaker, "_REMEMBERED_CLIENTS", 20)
    small = CircuitBreaker()
    fails(small, times=FAILURES, computed_s=5.0)
    other = msgspec.structs.replace(RULE, tenant="other")
    of_many(small, 100, lambda number: (msgspec.structs.replace(other, version=number), A))
    of_many(small, 100, lambda number: (msgspec.structs.replace(other, version=number), Caller(f"c{number}")))
    assert met(small) is not None


def test_a_rule_that_works_again_is_forgotten(breaker: CircuitBreaker, clock: Clock) -> None:
    fails(breaker, times=FAILURES)
    clock.now_s += 10 * FORGOTTEN_AFTER_S
    answers(breaker, times=2 * ANSWERS_FOR_A_FAILURE)
    assert breaker._rules.get(RULE.tenant, RULE) is None  # what takes memory is no behaviour
    assert RULE.tenant not in breaker._clients.by_tenant  # as above
