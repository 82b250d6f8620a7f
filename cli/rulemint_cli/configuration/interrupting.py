"""What Ctrl-C does to a run that can be undone: the first waits for the answer that is due, the second for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from rulemint_cli.terminal.standard_error import say

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T], *, what: str) -> tuple[T, bool]:
    """What *work* gives, and whether Ctrl-C came meanwhile: what is cut off in the middle could not be undone.

    Raises:
        BaseException: it came twice; what became of *work* is not known.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        try:
            say(f"interrupted: waiting for the answer to “{what}”; Ctrl-C again does not wait")
            await asyncio.wait([task])
        except (asyncio.CancelledError, KeyboardInterrupt):
            say(f"stopped: whether “{what}” was done is not known")
            raise
    return task.result(), True


def is_second_interrupt(raised: BaseException) -> bool:
    """Whether *raised* says that the user asked twice.

    The first Ctrl-C only cancels the task. The second is raised in whatever runs, and all tasks are cancelled.
    """
    current = asyncio.current_task()
    return isinstance(raised, KeyboardInterrupt) or (current is not None and current.cancelling() > 1)
