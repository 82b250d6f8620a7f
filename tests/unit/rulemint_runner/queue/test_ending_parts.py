from __future__ import annotations

from typing import Any

import pytest

from rulemint_runner.queue.ending_parts import KEPT_BYTES, ending_part, kept_part
from rulemint_shared.contract import codecs
from rulemint_shared.contract.batches import MAX_PART_BYTES
from rulemint_shared.contract.log_records import Level, LogLine
from rulemint_shared.contract.messages import MAX_PAUSE_MS, Ending, Failed, FailureReason, Granted, Outcome, RuleReport

LINE = LogLine(ts_ms=1, invocation="e", client_id="c", rule="r", version=1, level=Level.INFO, message="x" * 8_000)

REPORT = RuleReport(rule="r", version=1, scope_given=["a"], claims_set={"b": 1})


def an_ending(outcome: Outcome, **fields: Any) -> Ending:
    return Ending(invocation="e", outcome=outcome, picked_up_at_ms=1, ended_at_ms=2, **fields)


def test_an_ending_travels_as_it_is() -> None:
    ending = an_ending(Granted(scope=["a"], claims={"b": 1}), lines=[LINE])
    assert codecs.ending.decode(ending_part(ending).data) == ending


@pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(Granted(scope=["a"] * 1_001), id="too many scopes"),
        pytest.param(Granted(scope=["a" * 257]), id="a scope that is too long"),
        pytest.param(Granted(scope=[], claims={"a": 2**64}), id="an integer of 65 bits"),
        pytest.param(Granted(scope=[], claims={"a": "\ud800"}), id="half a surrogate pair"),
        pytest.param(Failed(reason=FailureReason.TIMEOUT, pauses_for_ms=MAX_PAUSE_MS + 1), id="a pause too long"),
        pytest.param(Granted(scope=[], claims={"a": "x" * MAX_PART_BYTES}), id="more than fits"),
    ],
)
def test_an_ending_that_no_gateway_would_take_becomes_a_failure_of_its_own(outcome: Outcome) -> None:
    part = ending_part(an_ending(outcome, lines=[LINE]))
    travelled = codecs.ending.decode(part.data)
    assert travelled.outcome == part.outcome
    assert (travelled.invocation, travelled.picked_up_at_ms, travelled.ended_at_ms) == ("e", 1, 2)
    assert isinstance(travelled.outcome, Failed)
    assert travelled.outcome.reason is FailureReason.BAD_RESULT


def test_an_ending_with_more_lines_than_fit_keeps_the_first_and_counts_the_others() -> None:
    ending = an_ending(Granted(scope=["a"]), lines=[LINE] * 1_000, lines_left_out=1)
    data = ending_part(ending).data
    travelled = codecs.ending.decode(data)
    assert len(data) <= MAX_PART_BYTES
    assert travelled.outcome == ending.outcome
    assert 0 < len(travelled.lines) < 1_000
    assert travelled.lines_left_out == 1_001 - len(travelled.lines)


def test_an_ending_whose_reports_alone_are_too_large_is_a_failure() -> None:
    report = RuleReport(rule="r", version=1, scope_given=[], claims_set={"a": "x" * MAX_PART_BYTES})
    travelled = codecs.ending.decode(ending_part(an_ending(Granted(scope=["a"]), reports=[report])).data)
    assert isinstance(travelled.outcome, Failed)


def test_a_job_s_result_has_an_ending_as_it_is() -> None:
    data = ending_part(an_ending(Granted(scope=["a"]), lines=[LINE])).data
    assert kept_part(data) == data


def test_a_job_s_result_has_no_lines_of_an_ending_that_has_very_many() -> None:
    ending = an_ending(Granted(scope=["a"], claims={"b": 1}), lines=[LINE] * 50, lines_left_out=1, reports=[REPORT])
    kept = kept_part(ending_part(ending).data)
    assert len(kept) < KEPT_BYTES
    found = codecs.ending.decode(kept)
    assert (found.outcome, found.reports) == (ending.outcome, [REPORT])
    assert (found.lines, found.lines_left_out) == ([], 51)


def test_a_job_s_result_has_an_outcome_whatever_its_size() -> None:
    ending = an_ending(Granted(scope=["a"], claims={"b": "x" * 30_000}), lines=[LINE] * 50, reports=[REPORT] * 100)
    found = codecs.ending.decode(kept_part(ending_part(ending).data))
    assert (found.outcome, found.reports) == (ending.outcome, [])
