"""The stream of a tenant's log records: live and history are one thing, so that nothing falls between them.

Writers append. Each record gets its position from the server: its time, and its number among all of its tenant's.
Readers go on behind the position that they have. Records leave by number, by bytes and by age. A record that has left,
or that its writer has lost, leaves a hole in the numbers. So every reader knows how many it missed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.deadline import Deadline
from rulemint_shared.streams.entries import Addition, Marks, StreamBounds

LogHistory = Annotated[
    int, Meta(description="Log records kept per tenant, about; the oldest go first.", ge=100, le=10_000_000)
]
LogHistoryAge = Annotated[int, Meta(description="Seconds that a log record is kept at most.", ge=60, le=366 * 86_400)]
LogHistoryBytes = Annotated[
    int,
    Meta(
        description="Bytes of Valkey's memory for a tenant's log records, about; the oldest go first.",
        ge=1024 * 1024,
        le=2**40,
    ),
]
DEFAULT_HISTORY = 10_000
DEFAULT_HISTORY_BYTES = 32 * 1024 * 1024
DEFAULT_HISTORY_AGE_S = 7 * 86_400

RECORD_FIELD = b"record"
"""The one field of an entry."""
TRIM_INTERVAL_S = 10.0
_REMEMBERED = 10_000
_POSITION = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")
_MOST = 2**64 - 1


class Position(NamedTuple):
    """The place of a record in its stream: ms since the epoch, and its number among all records of the tenant.

    Records that an older release wrote are numbered within one ms.
    """

    ms: int
    number: int

    def __str__(self) -> str:
        return f"{self.ms}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """``1764000000000-3`` → a position.

        Raises:
            ValueError: *text* is none.
        """
        found = _POSITION.fullmatch(text)
        position = found and cls(int(found[1]), int(found[2] or 0))
        if not position or max(position) > _MOST:
            raise ValueError(f"{text[:60]!r} is no position such as 1764000000000-0")
        return position

    @classmethod
    def before(cls, unix_ms: int) -> Position:
        """The last that a record older than *unix_ms* can have."""
        return cls(max(0, unix_ms - 1), _MOST)

    def previous(self) -> Position:
        """The one right before this."""
        return Position(self.ms, self.number - 1) if self.number else Position.before(self.ms)

    def following(self) -> Position:
        """The one right behind this, if it is of the same ms."""
        return Position(self.ms, self.number + 1)


START = Position(0, 0)
"""Before every record."""


class LogStreamWriter:
    """Says how records join their tenant's stream, and keeps it within its bounds.

    It is one writer: what it says is to be sent in order, each addition to a tenant once the one before is settled.
    """

    def __init__(self, *, kept: int, age_s: int, max_bytes: int = DEFAULT_HISTORY_BYTES) -> None:
        self._bounds = StreamBounds(kept, max_bytes)
        self._age_s = age_s
        self._marks = Marks()
        self._trimmed: dict[str, Deadline] = {}

    def addition(self, tenant: str, records: Sequence[bytes], *, lost: int = 0) -> Addition:
        """Encoded *records* join the stream of *tenant*; *lost* ones that came before them never will."""
        addition = Addition(
            redis_keys.logs(tenant),
            [(RECORD_FIELD, record) for record in records],
            self._bounds,
            mark=self._marks.next(),
            lost=lost,
        )
        trimmed = self._trimmed.get(tenant)
        if trimmed is not None and not trimmed.passed():
            return addition
        if len(self._trimmed) >= _REMEMBERED:
            self._trimmed.clear()
        self._trimmed[tenant] = Deadline.after(TRIM_INTERVAL_S)
        return addition._replace(not_before=str(unix_ms() - self._age_s * 1000), expires_s=self._age_s)
