"""A log record as the JSON that watchers read."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.reading import level_of, message_of, type_of
from rulemint_shared.deadline import rfc3339_ms
from rulemint_shared.log_stream import Position
from rulemint_shared.messages import InvocationEnded, InvocationStarted, Level, LogLine, LogRecord, OutboundCall

_ENCODER = msgspec.json.Encoder()


def render(record: LogRecord, position: Position) -> bytes:
    """One JSON object in one line: control characters are escaped, so no line can forge a record."""
    fields: dict[str, Any] = {
        "id": str(position),
        "ts": rfc3339_ms(record.ts_ms),
        "type": type_of(record),
        "level": level_of(record),
        "message": message_of(record),
        "rule": record.rule,
        "version": record.version,
        "invocation": record.invocation,
        "client_id": record.client_id,
        "audience": record.audience,
    }
    return _ENCODER.encode(fields | _details_of(record))


def render_dropped(count: int, *, now_ms: int) -> bytes:
    """What a watcher that read too slowly is told."""
    return _of_the_stream(
        "dropped",
        f"{count} records were dropped: this watcher reads too slowly",
        now_ms=now_ms,
        level=Level.WARN,
        count=count,
    )


def render_gap(*, now_ms: int) -> bytes:
    """What a watcher is told that comes back after records it had not seen were no longer kept."""
    return _of_the_stream(
        "dropped", "records since then are no longer kept", now_ms=now_ms, level=Level.WARN, count=None
    )


def render_resumed(*, now_ms: int) -> bytes:
    """What watchers are told when the gateway has the stream again: nothing was missed."""
    return _of_the_stream("resumed", "the stream broke off, and goes on where it was", now_ms=now_ms)


def render_filter(log_filter: LogFilter, *, now_ms: int) -> bytes:
    """The answer to a watcher that has changed its filter."""
    given = {name: value for name, value in msgspec.structs.asdict(log_filter).items() if value is not None}
    return _of_the_stream("filter", "the filter was changed", now_ms=now_ms, filter=given)


def render_error(message: str, *, now_ms: int) -> bytes:
    """The answer to a watcher that said something else."""
    return _of_the_stream("error", message, now_ms=now_ms, level=Level.ERROR)


def _of_the_stream(kind: str, message: str, *, now_ms: int, level: Level = Level.INFO, **details: Any) -> bytes:
    return _ENCODER.encode({"ts": rfc3339_ms(now_ms), "type": kind, "level": level, "message": message, **details})


def _details_of(record: LogRecord) -> dict[str, Any]:
    match record:
        case LogLine():
            return {}
        case InvocationStarted():
            return {}
        case InvocationEnded(outcome=outcome, duration_ms=duration_ms):
            return {"outcome": outcome, "duration_ms": round(duration_ms, 3)}
        case OutboundCall():
            return {
                "method": record.method,
                "host": record.host,
                "status": record.status,
                "duration_ms": round(record.duration_ms, 3),
                "bytes_sent": record.bytes_sent,
                "bytes_received": record.bytes_received,
            }
