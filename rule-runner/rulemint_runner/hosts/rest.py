"""When an idle host is stopped, so that whatever a rule left behind in it does not run.

One that computes although nobody asked is stopped at once. The others block in a read, and are stopped once nobody has
wanted them for a while: a signal wakes every thread of a process, and a rule that is asked ten times a second should
not have all of them woken twice for each of its invocations.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

LOOK_AFTER_S = 0.02
LOOK_INTERVAL_S = 0.02
"""As long as a loop needs to be seen in the kernel's account, which goes by 10 ms."""
STOP_AFTER_S = 0.5


class Sleeper(Protocol):
    """What may be stopped."""

    def processor_s(self) -> float:
        """How much processor time it has used."""

    def pause(self) -> None:
        """Stop it."""


class Rest:
    """The rest of one idle host, from its beginning."""

    def __init__(self, host: Sleeper) -> None:
        self._host = host
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.call_later(LOOK_AFTER_S, self._look)

    def end(self) -> None:
        """It is wanted, or gone."""
        self._next.cancel()

    def _look(self) -> None:
        self._next = self._loop.call_later(LOOK_INTERVAL_S, self._look_again, self._host.processor_s())

    def _look_again(self, used_s: float) -> None:
        if self._host.processor_s() > used_s:
            self._host.pause()
        else:
            self._next = self._loop.call_later(STOP_AFTER_S, self._host.pause)
