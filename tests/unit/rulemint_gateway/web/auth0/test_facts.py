"""The facts about what `wt logs` reads (docs/auth0-facts.md §4.6): the form of a record, and what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from fixtures.log_records import a_line
from rulemint_gateway.log_hub.batch import PIECE_BYTES, Batch, Event
from rulemint_gateway.log_hub.rendering import render
from rulemint_gateway.web.auth0.webtasks.logs import as_bunyan_events, as_bunyan_lines
from rulemint_shared.contract.log_records import InvocationEnded, InvocationStarted, Level, LogRecord
from rulemint_shared.streams.log_stream import Position

STARTED = InvocationStarted(ts_ms=1, invocation="i", client_id="c", audience="a", rule="r", version=1)
ENDED = InvocationEnded(
    ts_ms=1, invocation="i", client_id="c", audience="a", rule="r", version=1, outcome="granted", duration_ms=43.6
)


def events_of(*records: LogRecord) -> list[Event]:
    positions = [Position(1_577_836_800_000, number) for number in range(len(records))]
    return [Event(at, render(record, at)) for at, record in zip(positions, records, strict=True)]


def bunyan(record: LogRecord) -> dict[str, Any]:
    (line,) = as_bunyan_lines(events_of(record))
    read: dict[str, Any] = json.loads(line)
    return read


@pytest.mark.parametrize("text", ["plain", "two\nlines", "\r\n", "\u2028", 'a "quoted" \\ one', "event: data"])
def test_an_event_is_an_id_and_one_line_of_data_and_ends_with_bare_newlines(text: str) -> None:
    (event,) = as_bunyan_events(events_of(a_line(text)))
    assert b"\r" not in event
    assert re.fullmatch(rb"id: ?[0-9-]+\ndata: ?\{.*\}\n\n", event)  # and no event: line
    assert json.loads(event.partition(b"data:")[2])["webtask"] == "r"


def test_every_write_holds_whole_records() -> None:
    batch = Batch(events_of(*(a_line("x" * 10_000) for _ in range(20))))
    pieces = batch.pieces(as_bunyan_events)
    assert len(pieces) > 1
    assert all(len(piece) <= PIECE_BYTES for piece in pieces)
    assert all(piece.startswith(b"id:") and piece.endswith(b"\n\n") for piece in pieces)
    assert b"".join(pieces).count(b"\ndata:") == 20


def test_without_events_the_body_is_one_json_object_a_line() -> None:
    lines = b"".join(as_bunyan_lines(events_of(STARTED, a_line("two\nlines"), ENDED))).split(b"\n")
    assert lines.pop() == b""
    assert [json.loads(line)["v"] for line in lines] == [0, 0, 0]


def test_a_record_has_the_fields_of_bunyan_and_says_which_webtask_and_request() -> None:
    record = bunyan(a_line("hello"))
    assert isinstance(record["name"], str)
    assert isinstance(record["hostname"], str)
    assert isinstance(record["pid"], int)
    assert (record["time"], record["msg"], record["v"]) == ("1970-01-01T00:00:00.001Z", "hello", 0)
    assert (record["webtask"], record["req_id"]) == ("r", "i")


@pytest.mark.parametrize(
    ("level", "number"), [(Level.DEBUG, 20), (Level.INFO, 30), (Level.WARN, 40), (Level.ERROR, 50)]
)
def test_levels_are_bunyan_s_numbers(level: Level, number: int) -> None:
    assert bunyan(a_line("x", level=level))["level"] == number


def test_an_execution_is_framed_by_the_lines_that_users_know() -> None:
    begins, ends = bunyan(STARTED), bunyan(ENDED)
    assert begins["msg"] == "new webtask request i"
    assert ends["msg"] == "finished webtask request i with granted in 44ms"
    assert begins["req_id"] == ends["req_id"] == "i"


@pytest.mark.parametrize(
    ("outcome", "message", "level"),
    [("denied", "denied: not today", 40), ("failed:timeout", "failed:timeout: not today", 50)],
)
def test_the_last_line_says_how_an_execution_that_granted_nothing_ended(outcome: str, message: str, level: int) -> None:
    ending = InvocationEnded(
        ts_ms=1,
        invocation="i",
        client_id="c",
        audience="a",
        rule="r",
        version=1,
        outcome=outcome,
        duration_ms=1.0,
        message="not today",
    )
    record = bunyan(ending)
    assert (record["level"], record["msg"]) == (level, f"finished webtask request i with {message} in 1ms")


def test_a_message_of_several_lines_keeps_them() -> None:
    assert bunyan(a_line("one\n\ttwo"))["msg"] == "one\n\ttwo"
