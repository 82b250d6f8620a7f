"""When a message leaves: at once if its tenant has little under way, else with others, soon after the one before.

A tenant with much under way waits anyway, and each message costs all processes on its way the same however much is in
it. Whoever is in less of a crowd takes the others along, so that nobody waits for another tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

FEW = 4
"""So many at a time gain nothing from waiting for each other."""
PAUSE_EACH_S = 0.0001
LONGEST_PAUSE_S = 0.01


class Pace:
    """The pause between two messages."""

    def __init__(self, leave: Callable[[], None]) -> None:
        """*leave* sends whatever waits."""
        self._leave = leave
        self._left_s = 0.0
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def want(self, under_way: int) -> None:
        """Something is to leave, of a tenant that has so many invocations *under_way*."""
        loop = asyncio.get_running_loop()
        due_s = self._left_s + min(LONGEST_PAUSE_S, max(0, under_way - FEW) * PAUSE_EACH_S)
        if due_s <= loop.time():
            self.hurry()
        elif self._timer is None or due_s < self._due_s:
            self._stop()
            self._due_s = due_s
            self._timer = loop.call_at(due_s, self.hurry)

    def hurry(self) -> None:
        """Have it leave now."""
        self._stop()
        self._left_s = asyncio.get_running_loop().time()
        self._leave()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
