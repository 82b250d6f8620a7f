"""Work in the background ends when it is told to, in whatever moment that is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from rulemint_gateway.dispatch.outcome_listener import OutcomeListener
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_shared.process.background import cancel, run_together
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber

MOMENTS = range(25)
"""Turns of the event loop after which the work is cancelled: from its first connection to its first message."""

LISTENERS = [
    pytest.param(lambda redis, subscriber: OutcomeListener(redis, gateway="g").run(subscriber), id="outcomes"),
    pytest.param(lambda redis, subscriber: Catalog(redis).keep_fresh(subscriber), id="configuration"),
]


@pytest.mark.parametrize("listener", LISTENERS)
async def test_a_listener_ends_in_whatever_moment_it_is_cancelled(
    empty_redis_url: str, listener: Callable[[RedisClient, RedisClient], Coroutine[Any, Any, None]]
) -> None:
    """redis-py writes through `asyncio.wait_for`, which may lose a cancellation until Python 3.12."""
    async with open_redis(empty_redis_url) as redis:
        for moment in MOMENTS:
            async with open_subscriber(empty_redis_url) as subscriber:
                listening = asyncio.create_task(listener(redis, subscriber))
                for _ in range(moment):
                    await asyncio.sleep(0)
                async with asyncio.timeout(10):
                    await cancel([listening])
                assert listening.cancelled()


async def deaf(times: int, ended: list[str]) -> None:
    """Work that loses as many cancellations."""
    for _ in range(times):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("deaf")


async def test_works_that_lose_a_cancellation_are_cancelled_again() -> None:
    ended: list[str] = []
    together = asyncio.create_task(run_together(deaf(1, ended), deaf(3, ended)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancel([together])
    assert ended == ["deaf", "deaf"]


async def test_work_that_fails_ends_the_others_and_is_heard_of() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("told")

    ended: list[str] = []
    with pytest.raises(LookupError, match="told"):
        await run_together(deaf(0, ended), fails())
    assert ended == ["deaf"]
