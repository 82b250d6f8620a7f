"""The clock: stamps that all processes share, and how they are written.

A stamp is by the server's clock, as `server_clock` measures it; until the first measurement, by this machine's. Setting
this machine's clock changes no stamp.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from time import monotonic_ns

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


def machine_ms() -> float:
    """Read this machine's clock, in ms since 1970 with fractions. It is the one that rules see."""
    return time.time_ns() / 1_000_000


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
