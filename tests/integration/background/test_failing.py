"""A service that ends because a part of it failed says so by its exit code."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AsyncExitStack

import pytest

from rulemint_shared.process.background import PartFailedError, in_background


async def fails() -> None:
    raise RuntimeError("a defect")


async def serve(told: asyncio.Event, ended: list[str]) -> None:
    async with AsyncExitStack() as stack:
        stack.callback(ended.append, "what was opened before it")
        in_background(stack, fails())
        async with asyncio.timeout(10):
            await told.wait()


async def lasts() -> None:
    await asyncio.Event().wait()


async def test_a_part_that_fails_has_the_service_stop_and_end_with_an_error() -> None:
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    ended: list[str] = []
    try:
        with pytest.raises(PartFailedError, match="fails failed"):
            await serve(told, ended)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert ended == ["what was opened before it"]


async def test_a_part_that_is_told_to_end_is_no_failure() -> None:
    async with AsyncExitStack() as stack:
        in_background(stack, lasts())
        await asyncio.sleep(0)
