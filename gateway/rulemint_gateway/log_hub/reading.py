"""Reads of every kind of record its type, its level and its message."""

from __future__ import annotations

from enum import StrEnum

from rulemint_shared.contract.log_records import (
    InvocationEnded,
    InvocationStarted,
    Level,
    LogLine,
    LogRecord,
    OutboundCall,
    ShadowDiff,
)

NOTHING = "nothing"
"""In place of a value that there is not."""


class RecordType(StrEnum):
    """The kind of event that a record tells of."""

    LINE = "line"
    STARTED = "invocation.started"
    ENDED = "invocation.ended"
    CALL = "call"
    DIFF = "diff"


def type_of(record: LogRecord) -> RecordType:
    """The kind of *record*, as watchers read it."""
    match record:
        case LogLine():
            return RecordType.LINE
        case InvocationStarted():
            return RecordType.STARTED
        case InvocationEnded():
            return RecordType.ENDED
        case OutboundCall():
            return RecordType.CALL
        case ShadowDiff():
            return RecordType.DIFF


def level_of(record: LogRecord) -> Level:
    """A line's own level; an ending is ``info`` if it granted, ``warn`` if it denied, ``error`` if it failed.

    A call is ``info`` if it was answered, with any answer, and ``warn`` if not. A difference is ``warn``,
    and ``info`` if nobody can tell.
    """
    match record:
        case LogLine(level=level):
            return level
        case InvocationStarted() | ShadowDiff(changes=[]):
            return Level.INFO
        case OutboundCall(status=status):
            return Level.WARN if status is None else Level.INFO
        case InvocationEnded(outcome="granted"):
            return Level.INFO
        case InvocationEnded(outcome="denied") | ShadowDiff():
            return Level.WARN
        case InvocationEnded():
            return Level.ERROR


def message_of(record: LogRecord) -> str:
    """*record* in words."""
    match record:
        case LogLine(message=message):
            return message
        case InvocationStarted():
            return "started"
        case InvocationEnded(outcome=outcome, message=message):
            return f"{outcome}: {message}" if message else outcome
        case OutboundCall(method=method, host=host, status=status, error=error):
            return f"{method} {host} → {error if status is None else status}"
        case ShadowDiff(changes=changes, unknown=unknown):
            said = (f"{each.what}: {each.before or NOTHING} → {each.after or NOTHING}" for each in changes)
            return "; ".join(said) or f"nobody can tell: {unknown}"
