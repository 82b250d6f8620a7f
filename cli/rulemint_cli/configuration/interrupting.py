"""Handle Ctrl-C in a run that can be undone: the first waits for the answer that is due, the second does not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from rulemint_cli.terminal.standard_error import say

T = TypeVar("T")


async def to_its_end(work: Coroutine[Any, Any, T], *, what: str) -> tuple[T, bool]:
    """Wait for *work* to end. Return its result, and whether Ctrl-C was pressed.

    Ctrl-C does not cut *work* off, because a call that was cut off could not be undone.

    Raises:
        BaseException: Ctrl-C was pressed twice, so the outcome of *work* is not known.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task), False
    except asyncio.CancelledError:
        try:
            say(f"interrupted: waiting for the answer to “{what}”; Ctrl-C again does not wait")
            await asyncio.wait([task])
        except (asyncio.CancelledError, KeyboardInterrupt):
            say(f"stopped: it is not known whether “{what}” was done")
            raise
    return task.result(), True


def is_second_interrupt(raised: BaseException) -> bool:
    """Tell whether *raised* comes from a second Ctrl-C.

    The first Ctrl-C cancels the task only. The second is raised in the code that runs, and cancels all tasks.
    """
    current = asyncio.current_task()
    return isinstance(raised, KeyboardInterrupt) or (current is not None and current.cancelling() > 1)
