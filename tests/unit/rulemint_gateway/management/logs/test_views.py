from __future__ import annotations

import msgspec
import pytest

from rulemint_gateway.management.logs.views import MAX_LINES_BYTES, LogEntryAnswer, RoomForLines, entry_answer
from rulemint_gateway.stores.traffic.log_store import LogEntry, Place
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import Level, LogLine

PER_PAGE = 100
LINE_BYTES = 8 * 1024
LINES = 4_096
LOG_BYTES = 256 * 1024


def an_entry(number: int, *, lines: int, message: str) -> LogEntry:
    line = LogLine(ts_ms=1, invocation="i", client_id="c", rule="r", version=1, level=Level.INFO, message=message)
    record = ExchangeRecord(
        id=f"exc_{number}", tenant="t", started_at_ms=1, status=200, outcome="granted", lines=[line] * lines
    )
    return LogEntry(Place(1, number, "e"), record)


def lines_of(message: str) -> int:
    return min(LINES, LOG_BYTES // len(message))


def a_page(message: str) -> list[LogEntryAnswer]:
    """Of entries that wrote as much as they may."""
    room = RoomForLines()
    lines = lines_of(message)
    return [
        entry_answer(an_entry(number, lines=lines, message=message), hostname="h", room=room)
        for number in range(PER_PAGE)
    ]


@pytest.mark.parametrize("message", ["x" * LINE_BYTES, "\x1b" * LINE_BYTES, "short"], ids=["long", "escaped", "short"])
def test_a_page_of_the_chattiest_invocations_has_eight_mebibytes_of_lines_and_says_where_the_others_are(
    message: str,
) -> None:
    page = a_page(message)
    entries_without_lines_bytes = PER_PAGE * 2_000
    assert MAX_LINES_BYTES * 0.75 < len(msgspec.json.encode(page)) < MAX_LINES_BYTES + entries_without_lines_bytes
    assert page[0].details["lines"][0].message == message
    assert "lines_not_shown" not in page[0].details
    last = page[-1]
    assert last.details["lines"] == []
    assert last.details["lines_not_shown"]["count"] == lines_of(message)
    assert f"GET /api/v2/logs/{last.log_id}" in last.details["lines_not_shown"]["message"]


def test_an_entry_that_still_fits_behind_one_that_did_not_has_its_lines() -> None:
    room = RoomForLines()
    too_many = 2 * MAX_LINES_BYTES // LINE_BYTES
    large, small = (
        entry_answer(an_entry(number, lines=lines, message="x" * LINE_BYTES), hostname="h", room=room)
        for number, lines in enumerate((too_many, 1))
    )
    assert large.details["lines_not_shown"]["count"] == too_many
    assert len(small.details["lines"]) == 1


def test_an_entry_that_is_read_alone_has_all_of_its_lines() -> None:
    lines = 2 * MAX_LINES_BYTES // LINE_BYTES
    assert len(entry_answer(an_entry(0, lines=lines, message="x" * LINE_BYTES), hostname="h").details["lines"]) == lines
