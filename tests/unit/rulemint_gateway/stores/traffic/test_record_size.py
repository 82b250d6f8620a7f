from __future__ import annotations

from typing import Any

import msgspec
import pytest

from fixtures.log_records import a_line
from rulemint_gateway.stores.traffic.record_size import fitting
from rulemint_shared.contract import codecs
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import OutboundCall
from rulemint_shared.contract.messages import Dropped, RuleReport

KIB = 1024
RECORD = ExchangeRecord(id="exc_1", tenant="t", started_at_ms=1, status=200, outcome="granted", detail="d" * 4_096)
CALL = OutboundCall(
    ts_ms=1, invocation="i", client_id="c", rule="r", version=1, method="GET", host="h", status=200, duration_ms=1.0
)
REPORT = RuleReport(
    rule="r",
    version=1,
    scope_given=["s" * 256] * 500,
    claims_set={"claim": "c" * 32 * KIB},
    dropped=[Dropped(name="n" * 200, why="w")] * 500,
)


def kept(record: ExchangeRecord, kib: int) -> ExchangeRecord:
    data = fitting(record, max_bytes=kib * KIB)
    assert len(data) <= kib * KIB
    return codecs.exchange.decode(data)


def test_what_fits_is_kept_as_it_is() -> None:
    record = msgspec.structs.replace(RECORD, lines=[a_line("hello")], calls=[CALL], rules=[REPORT])
    assert kept(record, 1_024) == record


def test_the_last_lines_go_first() -> None:
    lines = [a_line(f"{number} " + "x" * 1_000) for number in range(100)]
    shorter = kept(msgspec.structs.replace(RECORD, lines=lines, calls=[CALL], rules=[REPORT]), 300)
    assert (shorter.calls, shorter.rules) == ([CALL], [REPORT])
    assert shorter.lines == lines[: len(shorter.lines)]
    assert 0 < len(shorter.lines) < 100
    assert shorter.lines_left_out == 100 - len(shorter.lines)


@pytest.mark.parametrize(
    "large",
    [
        {"calls": [CALL] * 5_000},
        {"rules": [REPORT] * 10},
        {"scope_asked": ["s" * 256] * 500, "scope_granted": ["s" * 256] * 500},
        {"parameters": {f"p{number}": "v" * 512 for number in range(50)}},
        {"calls": [CALL] * 5_000, "rules": [REPORT] * 50, "lines": [a_line("x" * 8_000)] * 200},
    ],
    ids=" ".join,
)
def test_whatever_is_too_large_the_record_is_kept_and_is_small_enough(large: dict[str, Any]) -> None:
    shorter = kept(msgspec.structs.replace(RECORD, **large), 16)
    assert (shorter.id, shorter.status, shorter.outcome) == ("exc_1", 200, "granted")
