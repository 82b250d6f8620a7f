"""Where the time of a token request went."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.management.exchanges.waterfall import StepName, waterfall_of
from rulemint_shared.contract.exchanges import ExchangeRecord, Timings
from rulemint_shared.contract.log_records import OutboundCall
from rulemint_shared.contract.messages import HostStart, RanOn, RuleReport

MS = st.floats(0, 3_000).map(lambda ms: round(ms, 3))


def a_report(rule: str, duration_ms: float, waited_ms: float | None, start: HostStart = HostStart.WARM) -> RuleReport:
    on = None if waited_ms is None else RanOn(1, 0, start, waited_ms, "Deno 2", "1", "", 5.0, 128, 1, 1)
    return RuleReport(rule=rule, version=1, scope_given=[], duration_ms=duration_ms, ran_on=on)


def a_call(rule: str, after_ms: float | None, duration_ms: float) -> OutboundCall:
    return OutboundCall(
        ts_ms=1, invocation="exc_1", client_id="c", rule=rule, version=1, method="GET", host="api", status=200,
        duration_ms=duration_ms, after_ms=after_ms,
    )  # fmt: skip


def a_record(timings: Timings, rules: list[RuleReport], calls: list[OutboundCall]) -> ExchangeRecord:
    return ExchangeRecord(
        id="exc_1",
        tenant="t",
        started_at_ms=1,
        status=200,
        outcome="granted",
        timings=timings,
        rules=rules,
        calls=calls,
    )


@given(
    times=st.lists(st.none() | MS, min_size=7, max_size=7),
    rest_ms=MS,
    rules=st.lists(st.tuples(MS, st.none() | MS), max_size=4),
    calls=st.lists(st.tuples(st.none() | MS, MS), max_size=4),
)
def test_steps_follow_each_other_and_add_up_to_the_whole_and_calls_lie_within_their_rule(
    times: list[float | None],
    rest_ms: float,
    rules: list[tuple[float, float | None]],
    calls: list[tuple[float | None, float]],
) -> None:
    names = ("authenticate_ms", "gateway_ms", "queue_ms", "rules_ms", "return_ms", "validate_ms", "mint_ms")
    total_ms = sum(each or 0.0 for each in times) + rest_ms
    timings = Timings(**dict(zip(names, times, strict=True)), total_ms=total_ms)
    reports = [a_report(f"r{number}", *each) for number, each in enumerate(rules)]
    steps = waterfall_of(a_record(timings, reports, [a_call("r0", *each) for each in calls]))
    assert sum(step.duration_ms for step in steps) == pytest.approx(total_ms, abs=0.05)
    for before, after in itertools.pairwise(steps):
        assert before.began_ms + before.duration_ms == pytest.approx(after.began_ms, abs=0.01)
    for step in steps:
        for call in step.calls:
            assert step.began_ms - 0.01 <= call.began_ms
            assert call.began_ms + call.duration_ms <= step.began_ms + step.duration_ms + 0.01


def test_a_rule_says_how_its_host_came_and_what_it_called() -> None:
    timings = Timings(authenticate_ms=1.0, gateway_ms=1.0, queue_ms=2.0, rules_ms=30.0, return_ms=1.0, total_ms=36.0)
    rules = [a_report("a", 20.0, 12.0, HostStart.COLD), a_report("b", 5.0, 0.0)]
    steps = waterfall_of(a_record(timings, rules, [a_call("a", 13.0, 6.0)]))
    assert [(step.step, step.rule, step.began_ms, step.duration_ms) for step in steps] == [
        (StepName.AUTHENTICATE, None, 0.0, 1.0),
        (StepName.GATEWAY, None, 1.0, 1.0),
        (StepName.QUEUE, None, 2.0, 2.0),
        (StepName.HOST, "a", 4.0, 12.0),
        (StepName.RULE, "a", 16.0, 8.0),
        (StepName.HOST, "b", 24.0, 0.0),
        (StepName.RULE, "b", 24.0, 5.0),
        (StepName.RUNNER, None, 29.0, 5.0),
        (StepName.RETURN, None, 34.0, 1.0),
        (StepName.ANSWER, None, 35.0, 1.0),
    ]
    assert steps[3].start is HostStart.COLD
    ((call,),) = [step.calls for step in steps if step.calls]
    assert (call.began_ms, call.duration_ms) == (17.0, 6.0)
