"""Pauses between tries. Each is twice as long as the one before, until something works again."""

from __future__ import annotations

import asyncio
import random


class GrowingPause:
    """The pause of one loop that tries again until it is cancelled, or until its deadline has passed."""

    __slots__ = ("_first_s", "_longest_s", "next_s")

    def __init__(self, first_s: float = 0.05, longest_s: float = 1.0) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self.next_s = first_s
        """Seconds of the next pause."""

    def reset(self) -> None:
        """Begin with the first pause again, because a try has worked."""
        self.next_s = self._first_s

    async def wait(self) -> None:
        """Pause. The next pause is longer."""
        pause_s = self._grow()
        await asyncio.sleep(pause_s)

    async def wait_at_random(self) -> None:
        """Pause for any part of it, so that those who got in each other's way do not meet again."""
        pause_s = self._grow()
        await asyncio.sleep(random.uniform(0, pause_s))  # noqa: S311  # no secret

    def _grow(self) -> float:
        pause_s = self.next_s
        self.next_s = min(self._longest_s, 2 * pause_s)
        return pause_s
