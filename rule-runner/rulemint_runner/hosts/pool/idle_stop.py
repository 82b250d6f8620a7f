"""Stop an idle host, so that nothing that a rule left behind in it runs.

One that computes although nobody asked is stopped at once. The others block in a read, and are stopped once nobody has
wanted them for a while. A signal wakes every thread of a process. A rule that runs ten times a second should not have
all threads woken twice for each invocation.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

LOOK_INTERVAL_S = 0.04
"""Longer than the 10 ms that the kernel's account of processor time goes by."""
LOOKS = 5
"""At the last it is stopped in any case."""


class Sleeper(Protocol):
    """A process that may be stopped."""

    def processor_s(self) -> float:
        """Measure the processor time that it has used."""

    def pause(self) -> None:
        """Stop it."""


class IdleStop:
    """Stops one idle host, soon after it became idle."""

    def __init__(self, host: Sleeper) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._looks = 0
        self._used_s = float("inf")
        self._next = self._loop.call_later(LOOK_INTERVAL_S, self._look)

    def cancel(self) -> None:
        """Do not stop it: it is wanted, or gone."""
        self._next.cancel()

    def _look(self) -> None:
        before_s, self._used_s = self._used_s, self._host.processor_s()
        self._looks += 1
        if self._used_s > before_s or self._looks == LOOKS:
            self._host.pause()
        else:
            self._next = self._loop.call_later(LOOK_INTERVAL_S, self._look)
