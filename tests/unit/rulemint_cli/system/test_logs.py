from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rulemint_cli.system.logs import show_readably
from rulemint_gateway.log_hub.gaps import Cause, Gap
from rulemint_gateway.log_hub.rendering import render, render_gap
from rulemint_shared.contract.messages import InvocationEnded, InvocationStarted, Level, LogLine, LogRecord
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


def shown(data: bytes, *, terminal: bool = False) -> str:
    """What a watcher sees of a record as the gateway sends it."""
    screen = io.StringIO()
    show_readably(Console(file=screen, force_terminal=terminal, width=80))(data)
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


@given(st.text())
def test_any_message_is_one_printable_row(message: str) -> None:
    row = shown(render(a_line(message), START))
    assert row.endswith("\n")
    assert row[:-1].isprintable()
