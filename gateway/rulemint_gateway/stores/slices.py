"""Long work is done in slices of a millisecond or two, and gives way between them."""

from __future__ import annotations

import asyncio

PAUSE_S = 0.001


async def give_way() -> None:
    """Let requests have the loop, and threads the interpreter.

    A loop that only yields never waits: the threads that sign would hardly ever get the interpreter's lock.
    """
    await asyncio.sleep(PAUSE_S)
