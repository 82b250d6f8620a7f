"""Listening to a channel for as long as the process lives, across every reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
READ_TIMEOUT_S = 1.0


async def listen(
    redis: ArqRedis,
    channel: str,
    *,
    on_message: Callable[[bytes], None],
    on_connected: Callable[[], Awaitable[None]],
) -> None:
    """Hand every message of *channel* to *on_message*, until cancelled.

    *on_connected* runs after each subscription, the first and every later one, before any message is handed over:
    what was published in a gap is lost to pub/sub, so this is where a listener catches up by other means.
    *redis* must come from `open_subscriber`, which leaves reconnecting to us.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            async with redis.pubsub() as subscription:
                await subscription.subscribe(channel)
                await on_connected()
                pause_s = FIRST_PAUSE_S
                while True:
                    message = await subscription.get_message(ignore_subscribe_messages=True, timeout=READ_TIMEOUT_S)
                    if message is not None and isinstance(message["data"], bytes):
                        on_message(message["data"])
        except (TimeoutError, RedisError, OSError) as error:
            log.warning("subscription lost, reconnecting", channel=channel, error=str(error), pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)
