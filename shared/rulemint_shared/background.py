"""Work that a service does for as long as it lives."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from typing import Any

import structlog

log = structlog.get_logger(__name__)


def in_background(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Run *work* until *stack* unwinds, then cancel it and wait for its end.

    A service without one of its background tasks would answer wrongly: if *work* fails, the service is told to stop
    (SIGTERM), and whoever started it starts it again.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(_stop_if_it_failed)

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    stack.push_async_callback(end)


def _stop_if_it_failed(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("a background task failed, stopping", exc_info=error)
        signal.raise_signal(signal.SIGTERM)
