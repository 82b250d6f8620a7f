"""Places for jobs, and the line in which shards of the queue wait for one, so that they take turns."""

from __future__ import annotations

import asyncio
from collections import deque


class Places:
    """So many jobs at once."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._line: deque[asyncio.Future[None]] = deque()

    @property
    def are_free(self) -> bool:
        """Tell whether there is a place."""
        return self._free > 0

    def take(self) -> None:
        """Take one, which must be free."""
        self._free -= 1

    def give_back(self) -> None:
        """A job has ended, or there was none: the first in line has its turn."""
        self._free += 1
        self.pass_on()

    async def turn(self) -> None:
        """Wait in line for a place that is free. A caller that then has no job for it has to pass it on."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        await turn

    def pass_on(self) -> None:
        """The next in line has its turn, if there is a place."""
        while self._line and self.are_free:
            turn = self._line.popleft()
            if not turn.done():
                turn.set_result(None)
                return
