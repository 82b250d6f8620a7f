"""The place in a rule's text that ended it, as its failure tells it."""

from __future__ import annotations

import pytest

from rulemint_runner.flow.how_it_ran import position_in
from rulemint_shared.contract.messages import Position


@pytest.mark.parametrize(
    ("detail", "position"),
    [
        ("seed.js:3:16: TypeError: no\n    at f (seed.js:1:1)", Position(line=3, column=16)),
        ("seed.js:7: SyntaxError: no", Position(line=7)),
        ("the rule did not answer within its timeout_s, which is 1 s; it was at seed.js:7, in f", Position(line=7)),
    ],
)
def test_a_failure_names_its_place(detail: str, position: Position) -> None:
    assert position_in(detail, "seed.js") == position


@pytest.mark.parametrize(
    "detail",
    [
        "",
        "Error: seed.js:3:16: what a rule wrote",
        "other.js:3:16: TypeError: no",
        "seedxjs:3:16: TypeError: no",
        "seed.js:0:1: no",
        "seed.js:99999999999: no",
        "the rule did not answer within its timeout_s, which is 1 s",
        "the rule said; and then\nthe rule said; it was at seed.js:7",
    ],
)
def test_where_none_is_named_none_is_made_up(detail: str) -> None:
    assert position_in(detail, "seed.js") is None
