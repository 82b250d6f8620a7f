"""Time: stamps that all processes share, and deadlines that do not move when a clock is set.

A stamp is by the server's clock, as `server_clock` measures it; until the first measurement, by this machine's. Setting
this machine's clock changes no stamp. A deadline is such a stamp on the wire, and monotonic inside a process.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from time import monotonic_ns

import msgspec

_epoch_ns = time.time_ns() - monotonic_ns()
"""The time at which the monotonic clock of this process was 0, in ns since 1970."""


def unix_ms() -> int:
    """Read the server's clock, in ms since 1970. Use it for all times that are stored or sent to another process."""
    return (monotonic_ns() + _epoch_ns) // 1_000_000


def unix_s() -> int:
    """Read this machine's clock, in s since 1970, as JWT's ``iat`` wants it (RFC 7519 §2, NumericDate).

    Tokens leave the system, so their readers compare with clocks that are none of ours.
    """
    return int(time.time())


def epoch_of_monotonic_ns() -> int:
    """Return the server's time at which the monotonic clock of this process was 0, in ns since 1970."""
    return _epoch_ns


def set_epoch_of_monotonic(ns: int) -> None:
    """Have `unix_ms` follow the server's clock; for `server_clock` only."""
    global _epoch_ns  # noqa: PLW0603  # a process has one, which only this changes
    _epoch_ns = ns


def machine_ahead_ms() -> int:
    """By how much this machine's clock is ahead of the server's; negative: behind."""
    return time.time_ns() // 1_000_000 - unix_ms()


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
        """Tell whether nothing is left."""
        return self.remaining_s() <= 0

    def earlier(self, seconds: float) -> Deadline:
        """This deadline, or *seconds* from now if that is sooner."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.monotonic_s)
