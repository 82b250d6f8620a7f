"""Time: wall-clock stamps for the wire, and deadlines that do not move when the clock is set.

A deadline is absolute on the wire (ms since the epoch) and monotonic inside a process.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

import msgspec


def unix_ms() -> int:
    """The wall clock in ms since the epoch."""
    return time.time_ns() // 1_000_000


def unix_s() -> int:
    """The wall clock in s since the epoch, as JWT's ``iat`` wants it (RFC 7519 §2, NumericDate)."""
    return int(time.time())


def rfc3339_ms(timestamp_ms: int) -> str:
    """``2026-11-24T08:00:00.123Z`` (RFC 3339 §5.6)."""
    moment = datetime.fromtimestamp(timestamp_ms / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Deadline(msgspec.Struct, frozen=True):
    """A moment on the monotonic clock of this process."""

    monotonic_s: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline *seconds* from now."""
        return cls(time.monotonic() + seconds)

    @classmethod
    def from_unix_ms(cls, deadline_ms: int) -> Deadline:
        """The deadline that another process sent as ms since the epoch."""
        return cls.after((deadline_ms - unix_ms()) / 1000)

    def to_unix_ms(self) -> int:
        """This deadline for the wire, in ms since the epoch."""
        return unix_ms() + int(self.remaining_s() * 1000)

    def remaining_s(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.monotonic_s - time.monotonic()

    def passed(self) -> bool:
        """Whether nothing is left."""
        return self.remaining_s() <= 0

    def earlier(self, seconds: float) -> Deadline:
        """This deadline, or *seconds* from now if that is sooner."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.monotonic_s)
