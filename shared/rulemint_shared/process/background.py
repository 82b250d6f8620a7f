"""Work that a service does for as long as it lives."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterable
from contextlib import AsyncExitStack, suppress
from typing import Any

import structlog

log = structlog.get_logger(__name__)

CANCEL_AGAIN_AFTER_S = 0.2


class PartFailedError(Exception):
    """A part of the service failed, so the service has stopped. The text says which."""


def in_background(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run *work* until *stack* unwinds, then cancel it and wait for its end.

    A service without one of its background tasks would answer wrongly. If *work* fails, the service is told to stop
    (SIGTERM), and *stack* ends with a `PartFailedError`, so that the process ends with an error.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(_stop_if_it_failed)
    stack.push_async_callback(_end, task)


async def _end(task: asyncio.Task[None]) -> None:
    failed = task.done() and not task.cancelled() and task.exception() is not None
    await cancel([task])
    if failed:
        name = getattr(task.get_coro(), "__qualname__", "a part")
        raise PartFailedError(f"{name} failed: the log above says why") from task.exception()


async def cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel *tasks* and wait until they have ended; what they raise is not our concern.

    Once is not enough: until Python 3.12, `asyncio.wait_for` loses a cancellation that meets the end of what it waits
    for, and redis-py writes through it.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_AFTER_S)


async def run_together(*works: Coroutine[Any, Any, None]) -> None:
    """Run all of *works* until cancelled, or until one of them ends or fails; then none of them is left.

    A `TaskGroup` cancels its tasks once, however often it is cancelled itself, and once is not enough: see `cancel`.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        while not all(task.done() for task in tasks):
            with suppress(asyncio.CancelledError):  # who cancels us again has us cancel them again
                await cancel(tasks)


def _stop_if_it_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a background task failed, stopping", exc_info=error)
        signal.raise_signal(signal.SIGTERM)
