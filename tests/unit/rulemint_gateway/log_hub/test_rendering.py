from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from rulemint_gateway.log_hub.rendering import render
from rulemint_shared.contract.log_records import InvocationEnded, Level, LogLine, OutboundCall
from rulemint_shared.streams.log_stream import START


def a_line(message: str, level: Level = Level.INFO) -> LogLine:
    return LogLine(ts_ms=1, invocation="i", client_id="c", rule="seed", version=1, level=level, message=message)


def an_ending(outcome: str) -> InvocationEnded:
    return InvocationEnded(
        ts_ms=1, invocation="i", client_id="c", audience="a", rule="seed", version=1, outcome=outcome, duration_ms=1.5
    )


def a_call(status: int | None, error: str = "") -> OutboundCall:
    return OutboundCall(
        ts_ms=1,
        invocation="i",
        client_id="c",
        rule="seed",
        version=1,
        method="GET",
        host="api.example.com",
        status=status,
        duration_ms=12.3456,
        bytes_received=7,
        error=error,
    )


@given(st.text())
def test_no_line_can_break_out_of_its_record(message: str) -> None:
    rendered = render(a_line(message), START)
    assert b"\n" not in rendered
    assert b"\x1b" not in rendered
    assert json.loads(rendered)["message"] == message


def test_an_ending_shows_outcome_and_duration() -> None:
    shown = json.loads(render(an_ending("failed:timeout"), START))
    assert (shown["type"], shown["outcome"], shown["duration_ms"]) == ("invocation.ended", "failed:timeout", 1.5)
    assert shown["ts"] == "1970-01-01T00:00:00.001Z"


def test_a_call_shows_where_it_went_and_how_long_it_took() -> None:
    shown = json.loads(render(a_call(503), START))
    assert (shown["type"], shown["level"], shown["message"]) == ("call", "info", "GET api.example.com → 503")
    assert (shown["duration_ms"], shown["bytes_received"], shown["status"]) == (12.346, 7, 503)


def test_a_call_without_an_answer_is_a_warning_that_says_why() -> None:
    shown = json.loads(render(a_call(None, "the host is not on the rule's list"), START))
    assert (shown["level"], shown["status"]) == ("warn", None)
    assert shown["message"] == "GET api.example.com → the host is not on the rule's list"
