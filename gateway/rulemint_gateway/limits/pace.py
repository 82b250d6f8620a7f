"""The pace at which one address is told that it has to wait: a flood of guesses slows itself down.

Who is refused at once asks again at once. So each address is answered so many refusals a second; further ones wait for
their turn, for a second at most. A connection has one request under way, so this bounds what a flood can cost.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

MAX_WAIT_S = 1.0
REMEMBERED = 10_000
MAX_WAITING = 5_000
"""Answers that may wait at once; others go out at once."""


class Pace:
    """Answers *per_second* for each address; 0: as many as come."""

    def __init__(self, per_second: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = 1 / per_second if per_second else 0.0
        self._clock = clock
        self._next: OrderedDict[str, float] = OrderedDict()
        self._waiting = 0

    @property
    def is_set(self) -> bool:
        """True if anybody may have to wait."""
        return self._interval_s > 0

    async def wait(self, place: str) -> None:
        """Return when it is the turn of the next answer to *place*."""
        if (wait_s := self.next_s(place)) and self._waiting < MAX_WAITING:
            self._waiting += 1
            try:
                await asyncio.sleep(wait_s)
            finally:
                self._waiting -= 1

    def next_s(self, place: str) -> float:
        """In how many seconds the next answer to *place* has its turn, which it takes."""
        if not self._interval_s:
            return 0.0
        now = self._clock()
        turn = min(max(self._next.get(place, now), now), now + MAX_WAIT_S)
        self._next[place] = turn + self._interval_s
        self._next.move_to_end(place)
        if len(self._next) > REMEMBERED:
            self._next.popitem(last=False)
        return turn - now
