"""What Ctrl-C does to a run that can be undone: the first waits for the answer that is due, the second for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from rulemint_cli.command import say

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T], *, what: str) -> tuple[T, bool]:
    """What *work* gives, and whether Ctrl-C came meanwhile: what is cut off in the middle could not be undone.

    Raises:
        asyncio.CancelledError: it came twice; what became of *work* is not known.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        say(f"interrupted: waiting for the answer to “{what}”; Ctrl-C again does not wait")
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        say(f"stopped: whether “{what}” was done is not known")
        raise
    return task.result(), True


def is_second_interrupt() -> bool:
    """Whether the user asked twice: asyncio cancels a task at the first Ctrl-C, and all tasks at the second."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 1
