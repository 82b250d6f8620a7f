"""A log record as the JSON that watchers read."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.log_hub.filters import level_of
from rulemint_shared.deadline import rfc3339_ms
from rulemint_shared.messages import InvocationEnded, InvocationStarted, LogLine, LogRecord, OutboundCall

_ENCODER = msgspec.json.Encoder()


def render(record: LogRecord) -> bytes:
    """One JSON object in one line: control characters are escaped, so no line can forge a record."""
    fields: dict[str, Any] = {
        "ts": rfc3339_ms(record.ts_ms),
        "type": _type_of(record),
        "level": level_of(record),
        "message": _message_of(record),
        "rule": record.rule,
        "version": record.version,
        "invocation": record.invocation,
        "client_id": record.client_id,
    }
    return _ENCODER.encode(fields | _details_of(record))


def render_dropped(count: int, *, now_ms: int) -> bytes:
    """What a watcher that read too slowly is told."""
    message = f"{count} records were dropped: this watcher reads too slowly"
    return _ENCODER.encode(
        {"ts": rfc3339_ms(now_ms), "type": "dropped", "level": "warn", "message": message, "count": count}
    )


def _details_of(record: LogRecord) -> dict[str, Any]:
    match record:
        case LogLine():
            return {}
        case InvocationStarted(audience=audience):
            return {"audience": audience}
        case InvocationEnded(audience=audience, outcome=outcome, duration_ms=duration_ms):
            return {"audience": audience, "outcome": outcome, "duration_ms": round(duration_ms, 3)}
        case OutboundCall():
            return {
                "method": record.method,
                "host": record.host,
                "status": record.status,
                "duration_ms": round(record.duration_ms, 3),
                "bytes_sent": record.bytes_sent,
                "bytes_received": record.bytes_received,
            }


def _type_of(record: LogRecord) -> str:
    match record:
        case LogLine():
            return "line"
        case InvocationStarted():
            return "invocation.started"
        case InvocationEnded():
            return "invocation.ended"
        case OutboundCall():
            return "call"


def _message_of(record: LogRecord) -> str:
    match record:
        case LogLine(message=message):
            return message
        case InvocationStarted():
            return "started"
        case InvocationEnded(outcome=outcome, message=message):
            return f"{outcome}: {message}" if message else outcome
        case OutboundCall(method=method, host=host, status=status, error=error):
            return f"{method} {host} → {error if status is None else status}"
