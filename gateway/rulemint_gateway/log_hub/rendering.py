"""A log record as the JSON that watchers read."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.log_hub.filters import level_of
from rulemint_shared.deadline import rfc3339_ms
from rulemint_shared.messages import InvocationEnded, InvocationStarted, LogLine, LogRecord

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
    if not isinstance(record, LogLine):
        fields["audience"] = record.audience
    if isinstance(record, InvocationEnded):
        fields["outcome"] = record.outcome
        fields["duration_ms"] = round(record.duration_ms, 3)
    return _ENCODER.encode(fields)


def render_dropped(count: int, *, now_ms: int) -> bytes:
    """What a watcher that read too slowly is told."""
    message = f"{count} records were dropped: this watcher reads too slowly"
    return _ENCODER.encode(
        {"ts": rfc3339_ms(now_ms), "type": "dropped", "level": "warn", "message": message, "count": count}
    )


def _type_of(record: LogRecord) -> str:
    match record:
        case LogLine():
            return "line"
        case InvocationStarted():
            return "invocation.started"
        case InvocationEnded():
            return "invocation.ended"


def _message_of(record: LogRecord) -> str:
    match record:
        case LogLine(message=message):
            return message
        case InvocationStarted():
            return "started"
        case InvocationEnded(outcome=outcome, message=message):
            return f"{outcome}: {message}" if message else outcome
