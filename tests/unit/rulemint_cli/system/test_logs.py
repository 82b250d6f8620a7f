from __future__ import annotations

import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rulemint_cli.system.logs import show_readably
from rulemint_gateway.log_hub.gaps import Cause, Gap
from rulemint_gateway.log_hub.rendering import render, render_gap
from rulemint_shared.contract.log_records import InvocationEnded, InvocationStarted, Level, LogLine, LogRecord
from rulemint_shared.streams.log_stream import START


def a_line(message: str, *, level: Level = Level.INFO, rule: str = "seed") -> LogLine:
    return LogLine(ts_ms=1_500, invocation="i", client_id="c", rule=rule, version=2, level=level, message=message)


def a_start(*, client_id: str = "c", audience: str = "https://api/") -> InvocationStarted:
    return InvocationStarted(
        ts_ms=1_500, invocation="i", client_id=client_id, audience=audience, rule="seed", version=2
    )


def an_end(outcome: str, message: str = "") -> InvocationEnded:
    return InvocationEnded(
        ts_ms=1_500,
        invocation="exc_01a212dbf7d09a0c5f878fff0915",
        client_id="c",
        audience="a",
        rule="seed",
        version=2,
        outcome=outcome,
        duration_ms=3.25,
        message=message,
    )


def shown(*records: bytes, terminal: bool = False) -> str:
    """What a watcher sees of records as the gateway sends them."""
    screen = io.StringIO()
    show = show_readably(Console(file=screen, force_terminal=terminal, width=80))
    for data in records:
        show(data)
    return screen.getvalue()


@pytest.mark.parametrize(
    ("record", "row"),
    [
        pytest.param(a_line("hello"), "00:00:01.500 info  seed@2  hello\n", id="line"),
        pytest.param(a_line("[b]x[/b]"), "00:00:01.500 info  seed@2  [b]x[/b]\n", id="line that looks like markup"),
        pytest.param(a_line("x", level=Level.ERROR), "00:00:01.500 error seed@2  x\n", id="line of another level"),
        pytest.param(a_start(), "00:00:01.500 info  seed@2  ▶ c → https://api/\n", id="start"),
        pytest.param(an_end("granted"), "00:00:01.500 info  seed@2  ■ granted 3.2 ms  8fff0915\n", id="end"),
        pytest.param(
            an_end("denied", "not you"),
            "00:00:01.500 warn  seed@2  ■ denied: not you 3.2 ms  8fff0915\n",
            id="end with a message",
        ),
    ],
)
def test_a_record_is_one_row_that_says_when_how_bad_which_rule_and_what(record: LogRecord, row: str) -> None:
    assert shown(render(record, START)) == row


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_further_lines_of_a_message_are_indented_so_that_none_looks_like_a_record(line_end: str) -> None:
    forged = "00:00:01.500 info  seed@2  ■ granted 1.0 ms"
    rows = shown(render(a_line(f"first{line_end}{forged}"), START)).splitlines()
    assert rows == ["00:00:01.500 info  seed@2  first", " " * 27 + forged]


def test_an_ending_does_not_repeat_the_error_that_its_invocation_has_just_written() -> None:
    end = an_end("failed:exception", "Error: x\nmore")
    line = msgspec.structs.replace(a_line("Error: x\nmore", level=Level.ERROR), invocation=end.invocation)
    said = shown(render(line, START), render(end, START))
    assert said.count("Error: x") == 1
    assert "■ failed:exception 3.2 ms  8fff0915" in said


def test_an_ending_says_its_reason_if_nobody_else_has() -> None:
    other = a_line("Error: x", level=Level.ERROR)
    assert shown(render(other, START), render(an_end("failed:exception", "Error: x"), START)).count("Error: x") == 2


def test_a_watcher_reads_how_many_records_it_has_missed() -> None:
    assert "7 records were dropped" in shown(render_gap(Gap(7, Cause.NOT_KEPT), None, now_ms=1_500))


def test_a_long_line_is_not_broken() -> None:
    assert shown(render(a_line("word " * 100), START)).count("\n") == 1


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(a_line("\x1b[2J\x9b2J"), id="message"),
        pytest.param(a_line("", rule="\x1b[2J\x9b2J"), id="rule"),
        pytest.param(a_start(client_id="\x1b[2J\x9b2J"), id="client"),
        pytest.param(a_start(audience="\x1b[2J\x9b2J"), id="audience"),
        pytest.param(an_end("denied", "\x1b[2J\x9b2J"), id="refusal"),
    ],
)
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "file"])
def test_no_part_of_a_record_reaches_the_terminal_as_an_escape_sequence(record: LogRecord, *, terminal: bool) -> None:
    text = shown(render(record, START), terminal=terminal)
    assert "\x1b[2J" not in text
    assert "\x9b" not in text
    assert "\\x1b[2J\\x9b2J" in text


@given(st.text() | st.text(alphabet="a\r\n\x0b\u2028\x1b"))
def test_any_message_is_printable_rows_of_which_only_the_first_looks_like_a_record(message: str) -> None:
    first, *others, end = shown(render(a_line(message), START)).split("\n")
    assert end == ""
    assert first.startswith("00:00:01.500 info  seed@2  ")
    assert all(row.startswith(" " * 27) for row in others)
    assert all(row.isprintable() for row in [first, *others])
