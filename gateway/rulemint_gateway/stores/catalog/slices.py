"""Long work is done in slices of a millisecond or two, and gives way between them."""

from __future__ import annotations

import asyncio

PAUSE_S = 0.001


async def give_way() -> None:
    """Let requests have the loop, and threads the interpreter.

    A loop that only yields never waits: the threads that sign would hardly ever get the interpreter's lock.
    """
    await asyncio.sleep(PAUSE_S)


class Slices:
    """Counts what was done, and gives way after each slice of it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._done = 0

    async def count(self, done: int) -> None:
        """So much more was *done*."""
        self._done += done
        if self._done >= self._size:
            self._done = 0
            await give_way()
