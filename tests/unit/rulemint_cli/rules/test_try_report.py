from __future__ import annotations

import io
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rulemint_cli.rules.try_report import show_tried
from rulemint_cli.rules.trying import Call, Dropped, Error, Line, Tried

GRANTED = Tried(
    outcome="granted",
    scope=["read", "extra"],
    claims={"https://x/plan": "gold", "n": {"a": [1, None]}},
    dropped=[Dropped("iss", "it is reserved")],
    lines=[
        Line("2026-11-24T08:00:00.000Z", "info", "one\ntwo"),
        Line("2026-11-24T08:00:00.000Z", "warn", "left out iss: it is reserved"),
    ],
    lines_left_out=0,
    calls=[Call("GET", "api.example.com", 200, 12.34, 99, ""), Call("GET", "b.example.com", None, 1.0, 0, "refused")],
    duration_ms=3.25,
)
SCRIPT = "module.exports = (c) => {\n\tnull.x\n}\n"


def failed(*, script: str = SCRIPT, **error: Any) -> str:
    """What is shown of an error in *script*."""
    given_error = {
        "code": "exception",
        "message": "it broke",
        "file": None,
        "line": 2,
        "column": 7,
        "detail": "",
        **error,
    }
    tried = msgspec.structs.replace(
        GRANTED, outcome="failed:exception", lines=[], dropped=[], calls=[], error=Error(**given_error)
    )
    return shown(tried, script=script)


def shown(tried: Tried, *, script: str = SCRIPT, terminal: bool = False) -> str:
    screen = io.StringIO()
    show_tried(tried, file="a/rule.js", script=script, console=Console(file=screen, force_terminal=terminal, width=80))
    return screen.getvalue()


def test_a_grant_is_what_a_token_would_get_then_calls_and_lines() -> None:
    assert shown(GRANTED).splitlines() == [
        "■ granted  3.2 ms",
        "  scope  read extra",
        '  https://x/plan  "gold"',
        '  n  {"a":[1,null]}',
        "  left out  iss: it is reserved",
        "  ↗  GET api.example.com → 200  12.3 ms, 99 bytes",
        "  ↗  GET b.example.com → refused  1.0 ms, 0 bytes",
        "  info   one",
        "         two",
    ]


def test_the_outcome_has_its_colour_on_a_terminal() -> None:
    assert "\x1b[1;32m■ granted" in shown(GRANTED, terminal=True)
    assert "\x1b[1;31m■ failed:timeout" in shown(
        msgspec.structs.replace(GRANTED, outcome="failed:timeout"), terminal=True
    )
    assert "\x1b" not in shown(GRANTED)


def test_an_error_shows_its_line_with_a_caret_under_the_column() -> None:
    assert failed(detail="rule.js:2:7: it broke\n    at rule.js:9:1").splitlines() == [
        "■ failed:exception  3.2 ms",
        "  a/rule.js:2:7  it broke",
        "     2 │  null.x",
        "       │       ^",
        "     at rule.js:9:1",
    ]


def test_a_syntax_error_is_not_shown_twice() -> None:
    rows = failed(code="syntax", detail="rule.py:2:7: it broke\n  null.x\n      ^").splitlines()
    assert len(rows) == 4


def test_the_caret_stands_under_characters_that_are_two_columns_wide() -> None:
    source, caret = failed(script="x\n'世界' + y", column=8).splitlines()[2:4]
    assert source == "     2 │ '世界' + y"
    assert caret == "       │ " + " " * 9 + "^"


def test_an_error_in_a_very_long_line_shows_the_part_with_the_error() -> None:
    source, caret = failed(script="x\n" + "a" * 5_000 + "!" + "b" * 5_000, column=5_001).splitlines()[2:4]
    assert len(source) < 200
    assert source[caret.index("^")] == "!"


@pytest.mark.parametrize(
    ("error", "row"),
    [
        pytest.param(
            {"file": None, "line": None, "column": None, "code": "timeout"}, "  timeout  it broke", id="no place"
        ),
        pytest.param({"line": 2, "column": None}, "  a/rule.js:2  it broke", id="no column"),
        pytest.param({"line": 99, "column": 1}, "  a/rule.js:99:1  it broke", id="a line that the file has not"),
        pytest.param({"line": 2, "column": 9_999}, "  a/rule.js:2:9999  it broke", id="a column beyond the line"),
    ],
)
def test_an_error_without_a_place_in_the_file_is_one_row(error: dict[str, Any], row: str) -> None:
    assert failed(**error).splitlines()[1] == row


@given(st.text(), st.text(), st.integers(1, 3), st.integers(1, 20))
def test_nothing_that_comes_back_can_drive_a_terminal(said: str, script: str, line: int, column: int) -> None:
    error = Error(file=None, code="exception", message=said, line=line, column=column, detail=said)
    tried = msgspec.structs.replace(
        GRANTED, outcome="denied", lines=[Line("", "info", said)], dropped=[Dropped(said, said)], error=error
    )
    assert all(row.isprintable() for row in shown(tried, script=script).split("\n"))
