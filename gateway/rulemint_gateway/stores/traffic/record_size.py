"""An exchange record → its bytes, never more than a record may have. What is left out, the record says.

What a record grows by is what rules log, return and call: a flow of many rules may have megabytes of it. The last lines
go first, then calls, then what rules set.
"""

from __future__ import annotations

import msgspec

from rulemint_shared.contract import codecs
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.log_records import LogLine
from rulemint_shared.contract.messages import RuleReport
from rulemint_shared.secrets.masking import CUT

MOST_OF_A_REPORT = 20
"""Scopes, and names that were left out, of the report of one rule, where there is no room for all."""
USUAL_BYTES, LINE_BYTES = 2_048, 512
"""Of a record without lines, and of a line besides its message."""
_encoder = msgspec.msgpack.Encoder()


def fitting(record: ExchangeRecord, *, max_bytes: int) -> bytes:
    """The bytes of *record*, or of as much of it as *max_bytes* hold."""
    data = codecs.exchange.encode_own(record)
    if len(data) <= max_bytes:
        return data
    room = max_bytes - (len(data) - sum(map(_size, record.lines)))
    lines = _first_lines(record.lines, room)
    left_out = record.lines_left_out + len(record.lines) - len(lines)
    shorter = msgspec.structs.replace(record, lines=lines, lines_left_out=left_out)
    if room < 0:
        shorter = msgspec.structs.replace(shorter, calls=[])
    data = codecs.exchange.encode(shorter)
    if len(data) > max_bytes:
        reports = [_shortened(report) for report in record.rules]
        shorter = msgspec.structs.replace(shorter, rules=reports, detail=f"{shorter.detail[:512]}{CUT}")
        data = codecs.exchange.encode(shorter)
    if len(data) > max_bytes:
        parameters = {CUT: f"({len(record.parameters)} parameters)"}
        scopes = {"scope_asked": _some(record.scope_asked), "scope_granted": _some(record.scope_granted)}
        shorter = msgspec.structs.replace(shorter, rules=[], flow=[], parameters=parameters, **scopes)
        data = codecs.exchange.encode(shorter)
    return data


def weight(record: ExchangeRecord) -> int:
    """About how many bytes *record* takes while it waits; quick, for most have no lines."""
    if not record.lines and not record.calls:
        return USUAL_BYTES
    return USUAL_BYTES + sum(len(line.message) + LINE_BYTES for line in record.lines) + LINE_BYTES * len(record.calls)


def _size(line: LogLine) -> int:
    return len(_encoder.encode(line))


def _first_lines(lines: list[LogLine], room: int) -> list[LogLine]:
    for number, line in enumerate(lines):
        room -= _size(line)
        if room < 0:
            return lines[:number]
    return lines


def _shortened(report: RuleReport) -> RuleReport:
    return msgspec.structs.replace(
        report,
        scope_given=_some(report.scope_given),
        scope_added=_some(report.scope_added),
        scope_removed=_some(report.scope_removed),
        claims_set={CUT: f"({len(report.claims_set)} claims)"} if report.claims_set else {},
        dropped=report.dropped[:MOST_OF_A_REPORT],
    )


def _some(texts: list[str]) -> list[str]:
    if len(texts) <= MOST_OF_A_REPORT:
        return texts
    return [*texts[:MOST_OF_A_REPORT], f"{CUT} ({len(texts)} items)"]
