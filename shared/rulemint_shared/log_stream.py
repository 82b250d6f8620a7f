"""The stream of a tenant's log records: live and history are one thing, so that nothing falls between them.

Whoever writes appends; the server gives each record its position, which is its time and grows without end. Whoever
reads goes on behind the position it has. Records leave by number, by bytes and by age.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

from msgspec import Meta

from rulemint_shared import keys
from rulemint_shared.deadline import Deadline, unix_ms
from rulemint_shared.stream_entries import StreamBounds, add_entries

if TYPE_CHECKING:
    from redis.asyncio.client import Pipeline

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
_POSITION = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")
"""Two numbers of 64 bits."""


class Position(NamedTuple):
    """Where a record is in its stream: ms since the epoch, and a number among those of one ms."""

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
        if found is None:
            raise ValueError(f"{text[:60]!r} is no position such as 1764000000000-0")
        return cls(int(found[1]), int(found[2] or 0))

    @classmethod
    def before(cls, unix_ms: int) -> Position:
        """The last that a record older than *unix_ms* can have."""
        return cls(max(0, unix_ms - 1), 2**64 - 1)

    def previous(self) -> Position:
        """The one right before this."""
        return Position(self.ms, self.number - 1) if self.number else Position.before(self.ms)


START = Position(0, 0)
"""Before every record."""


class LogStreamWriter:
    """Appends records to their tenant's stream, and keeps it within its bounds."""

    def __init__(self, *, kept: int, age_s: int, max_bytes: int = DEFAULT_HISTORY_BYTES) -> None:
        self._bounds = StreamBounds(kept, max_bytes)
        self._age_s = age_s
        self._trimmed: dict[str, Deadline] = {}

    def append(self, pipe: Pipeline, tenant: str, records: Sequence[bytes]) -> None:
        """Add encoded *records* to what *pipe* will send."""
        entries = [(RECORD_FIELD, record) for record in records]
        trimmed = self._trimmed.get(tenant)
        if trimmed is not None and not trimmed.passed():
            add_entries(pipe, keys.logs(tenant), entries, bounds=self._bounds)
            return
        if len(self._trimmed) >= _REMEMBERED:
            self._trimmed.clear()
        self._trimmed[tenant] = Deadline.after(TRIM_INTERVAL_S)
        oldest = str(unix_ms() - self._age_s * 1000)
        add_entries(pipe, keys.logs(tenant), entries, bounds=self._bounds, not_before=oldest, expires_s=self._age_s)
