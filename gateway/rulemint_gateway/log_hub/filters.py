"""Filters of records. The tenant is not a filter: a hub hands a watcher nothing of another tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from rulemint_gateway.log_hub.reading import RecordType, level_of, message_of, type_of
from rulemint_shared.contract.log_records import InvocationEnded, Level, LogRecord
from rulemint_shared.contract.outcome_names import OF_INVOCATIONS

_RANK = {Level.DEBUG: 0, Level.INFO: 1, Level.WARN: 2, Level.ERROR: 3}
_Text = Annotated[str, Meta(max_length=1_024)]
if TYPE_CHECKING:
    _Outcome = str
else:
    _Outcome = Literal[OF_INVOCATIONS]  # another outcome would show nothing, and nobody would know why


class LogFilter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Combined with *and*; what is None does not filter."""

    rule: _Text | None = None
    client_id: _Text | None = None
    audience: _Text | None = None
    invocation: _Text | None = None
    type: RecordType | None = None
    level: Level | None = None
    """At least this level."""
    outcome: _Outcome | None = None
    """``granted``, ``denied`` or ``failed``, or one failure such as ``failed:timeout``: only endings have one."""
    contains: _Text | None = None
    """Somewhere in the message, in capitals or not."""

    def shows(self, record: LogRecord) -> bool:
        """True if the watcher wants *record*."""
        return (
            (self.rule is None or record.rule == self.rule)
            and (self.client_id is None or record.client_id == self.client_id)
            and (self.audience is None or record.audience == self.audience)
            and (self.invocation is None or record.invocation == self.invocation)
            and (self.type is None or type_of(record) is self.type)
            and (self.level is None or _RANK[level_of(record)] >= _RANK[self.level])
            and (self.outcome is None or _ended_so(record, self.outcome))
            and (self.contains is None or self.contains.casefold() in message_of(record).casefold())
        )


def _ended_so(record: LogRecord, outcome: str) -> bool:
    return isinstance(record, InvocationEnded) and outcome in (record.outcome, record.outcome.partition(":")[0])
