from __future__ import annotations

from typing import Any

import msgspec
import pytest

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.reading import RecordType
from rulemint_shared.contract.log_records import InvocationEnded, Level, LogLine

LINE = LogLine(
    ts_ms=1, invocation="i", client_id="c", rule="seed", version=1, level=Level.INFO, message="Hello", audience="a"
)
FAILED = InvocationEnded(
    ts_ms=1,
    invocation="i",
    client_id="c",
    audience="a",
    rule="seed",
    version=1,
    outcome="failed:timeout",
    duration_ms=1.5,
)


CASES: dict[str, tuple[Any, Any]] = {
    "rule": ("seed", "other"),
    "client_id": ("c", "d"),
    "audience": ("a", "b"),
    "invocation": ("i", "j"),
    "type": (RecordType.LINE, RecordType.CALL),
    "level": (Level.INFO, Level.WARN),
    "contains": ("hELL", "bye"),
}
"""A filter → a value that shows `LINE`, and one that hides it."""


@pytest.mark.parametrize("field", CASES)
def test_a_filter_shows_what_it_names_and_hides_the_rest(field: str) -> None:
    shown, hidden = CASES[field]
    assert LogFilter(**{field: shown}).shows(LINE)
    assert not LogFilter(**{field: hidden}).shows(LINE)


def test_every_filter_has_a_case() -> None:
    """Only an ending has an outcome, so that filter has a test of its own."""
    assert CASES.keys() | {"outcome"} == set(LogFilter.__struct_fields__)


def test_filters_combine_with_and() -> None:
    assert LogFilter(rule="seed", client_id="c").shows(LINE)
    assert not LogFilter(rule="seed", client_id="other").shows(LINE)


@pytest.mark.parametrize(("outcome", "shown"), [("failed", True), ("failed:timeout", True), ("granted", False)])
def test_an_outcome_shows_the_endings_that_had_it(outcome: str, *, shown: bool) -> None:
    assert LogFilter(outcome=outcome).shows(FAILED) is shown
    assert not LogFilter(outcome=outcome).shows(LINE)


def test_a_level_filter_shows_that_level_and_worse() -> None:
    at_least_warn = LogFilter(level=Level.WARN)
    assert not at_least_warn.shows(LINE)
    assert at_least_warn.shows(msgspec.structs.replace(LINE, level=Level.ERROR))
    assert at_least_warn.shows(msgspec.structs.replace(FAILED, outcome="denied"))
    assert not at_least_warn.shows(msgspec.structs.replace(FAILED, outcome="granted"))
