"""Which records a watcher sees. The tenant is not a filter: a hub hands a watcher nothing of another tenant."""

from __future__ import annotations

import msgspec

from rulemint_shared.messages import InvocationEnded, InvocationStarted, Level, LogLine, LogRecord, OutboundCall

_RANK = {Level.DEBUG: 0, Level.INFO: 1, Level.WARN: 2, Level.ERROR: 3}


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Combined with *and*; what is None does not filter."""

    rule: str | None = None
    client_id: str | None = None
    invocation: str | None = None
    level: Level | None = None
    """At least this level."""

    def shows(self, record: LogRecord) -> bool:
        """Whether the watcher wants *record*."""
        return (
            (self.rule is None or record.rule == self.rule)
            and (self.client_id is None or record.client_id == self.client_id)
            and (self.invocation is None or record.invocation == self.invocation)
            and (self.level is None or _RANK[level_of(record)] >= _RANK[self.level])
        )


def level_of(record: LogRecord) -> Level:
    """A line's own level; an ending is ``info`` if it granted, ``warn`` if it denied, ``error`` if it failed.

    A call is ``info`` if it was answered, whatever the answer, and ``warn`` if not.
    """
    match record:
        case LogLine(level=level):
            return level
        case InvocationStarted():
            return Level.INFO
        case OutboundCall(status=status):
            return Level.WARN if status is None else Level.INFO
        case InvocationEnded(outcome="granted"):
            return Level.INFO
        case InvocationEnded(outcome="denied"):
            return Level.WARN
        case InvocationEnded():
            return Level.ERROR
