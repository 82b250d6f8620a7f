"""Deadlines that do not move when a clock is set: a stamp on the wire, and monotonic inside a process.

How long a token request has is `request_deadline` in the gateway's settings.
"""

from __future__ import annotations

import time

import msgspec

from rulemint_shared.clock import unix_ms


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
        other = Deadline.after(seconds)
        return self if self.monotonic_s <= other.monotonic_s else other
