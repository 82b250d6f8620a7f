"""A log record as the JSON that watchers read."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.gaps import Cause, Gap
from rulemint_gateway.log_hub.reading import RecordType, level_of, message_of, type_of
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.log_records import (
    InvocationEnded,
    InvocationStarted,
    Level,
    LogLine,
    LogRecord,
    OutboundCall,
    ShadowDiff,
    ShownChange,
)
from rulemint_shared.streams.log_stream import Position

_ENCODER = msgspec.json.Encoder()
_moment = lru_cache(maxsize=256)(rfc3339_ms)
"""Records come in bursts: many are of one ms."""


class _Record(msgspec.Struct, gc=False):
    """The fields of every record, in the order in which they are read."""

    id: str
    ts: str
    type: RecordType
    level: Level
    message: str
    rule: str
    version: int
    invocation: str
    client_id: str
    audience: str


class _Ending(_Record, gc=False):
    outcome: str
    duration_ms: float


class _Call(_Record, gc=False):
    method: str
    host: str
    status: int | None
    duration_ms: float
    bytes_sent: int
    bytes_received: int


class _Diff(_Record, gc=False):
    live_version: int
    changes: list[ShownChange]
    unknown: str


def render(record: LogRecord, position: Position) -> bytes:
    """One JSON object in one line: control characters are escaped, so no line can forge a record."""
    every = (
        str(position),
        _moment(record.ts_ms),
        type_of(record),
        level_of(record),
        message_of(record),
        record.rule,
        record.version,
        record.invocation,
        record.client_id,
        record.audience,
    )
    match record:
        case LogLine() | InvocationStarted():
            return _ENCODER.encode(_Record(*every))
        case InvocationEnded(outcome=outcome, duration_ms=duration_ms):
            return _ENCODER.encode(_Ending(*every, outcome, round(duration_ms, 3)))
        case ShadowDiff():
            return _ENCODER.encode(_Diff(*every, record.live_version, record.changes, record.unknown))
        case OutboundCall():
            return _ENCODER.encode(
                _Call(
                    *every,
                    record.method,
                    record.host,
                    record.status,
                    round(record.duration_ms, 3),
                    record.bytes_sent,
                    record.bytes_received,
                )
            )


_WHY = {
    Cause.SLOW_WATCHER: "this watcher reads too slowly",
    Cause.NOT_KEPT: "they left the log before they could be read",
    Cause.NOT_WRITTEN: "too much was written at once, or Redis did not answer",
}


def render_gap(gap: Gap, position: Position | None, *, now_ms: int) -> bytes:
    """Render the event that tells a watcher of records that it does not get. *position* is right behind them."""
    count = gap.records
    dropped = "records were" if count is None else "1 record was" if count == 1 else f"{count} records were"
    place = {} if position is None else {"id": str(position)}
    message = f"{dropped} dropped: {_WHY[gap.cause]}"
    return _of_the_stream("dropped", message, now_ms=now_ms, level=Level.WARN, count=count, cause=gap.cause, **place)


def render_resumed(*, now_ms: int) -> bytes:
    """Render the event for watchers when the gateway has the stream again, if nothing was missed."""
    return _of_the_stream(
        "resumed", "the stream broke off, and goes on where it was: nothing is missing", now_ms=now_ms
    )


def render_filter(log_filter: LogFilter, *, now_ms: int) -> bytes:
    """The answer to a watcher that has changed its filter."""
    given = {name: value for name, value in msgspec.structs.asdict(log_filter).items() if value is not None}
    return _of_the_stream("filter", "the filter was changed", now_ms=now_ms, filter=given)


def render_error(message: str, *, now_ms: int) -> bytes:
    """The answer to a watcher that said something else."""
    return _of_the_stream("error", message, now_ms=now_ms, level=Level.ERROR)


def _of_the_stream(kind: str, message: str, *, now_ms: int, level: Level = Level.INFO, **details: Any) -> bytes:
    return _ENCODER.encode({"ts": rfc3339_ms(now_ms), "type": kind, "level": level, "message": message, **details})
