from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rulemint_shared.contract import codecs
from rulemint_shared.contract.endings import denied, failed
from rulemint_shared.contract.messages import (
    MAX_DENIAL,
    MAX_DETAIL,
    MAX_PAUSE_MS,
    DenialCode,
    Ending,
    FailureReason,
    Outcome,
)

ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=20) | st.integers(0, 10_000).map("é".__mul__)


def travels(outcome: Outcome) -> bool:
    ending = Ending(invocation="e", outcome=outcome)
    return codecs.ending.decode(codecs.ending.encode(ending)) == ending


@given(detail=ANY_TEXT, pause_s=st.floats())
def test_whatever_a_failure_is_made_of_it_travels(detail: str, pause_s: float) -> None:
    assert travels(failed(FailureReason.TIMEOUT, detail, pauses_for_s=pause_s))


@given(message=ANY_TEXT)
def test_whatever_a_rule_says_to_a_caller_it_travels(message: str) -> None:
    assert travels(denied(DenialCode.ACCESS_DENIED, message))


def test_what_is_too_long_is_cut() -> None:
    assert failed(FailureReason.TIMEOUT, "x" * 10_000).detail == "x" * MAX_DETAIL
    assert denied(DenialCode.ACCESS_DENIED, "x" * 10_000).message == "x" * MAX_DENIAL


@pytest.mark.parametrize(
    ("pause_s", "pause_ms"),
    [
        (0.5, 500),
        (600.0, MAX_PAUSE_MS),
        (600.000_001, MAX_PAUSE_MS),
        (math.inf, MAX_PAUSE_MS),
        (-1.0, 0),
        (math.nan, 0),
    ],
)
def test_a_pause_is_within_what_a_gateway_takes(pause_s: float, pause_ms: int) -> None:
    assert failed(FailureReason.OVERLOADED, pauses_for_s=pause_s).pauses_for_ms == pause_ms
