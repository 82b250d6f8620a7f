"""Listening to a channel for as long as the process lives, across every reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog
from arq.connections import ArqRedis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
READ_TIMEOUT_S = 1.0
SILENCE_S = 3.0
_SIGN_OF_LIFE = "rulemint"


async def listen(
    redis: ArqRedis,
    channel: str,
    *,
    on_message: Callable[[bytes], None],
    on_connected: Callable[[], Awaitable[None]],
    silence_s: float = SILENCE_S,
) -> None:
    """Hand every message of *channel* to *on_message*, until cancelled.

    A server that says nothing for *silence_s* is asked for a sign of life, and has as long again to give it.

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
                await _hand_over(subscription, on_message, silence_s)
        except (TimeoutError, RedisError, OSError) as error:
            log.warning("subscription lost, reconnecting", channel=channel, error=str(error), pause_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


async def _hand_over(subscription: PubSub, on_message: Callable[[bytes], None], silence_s: float) -> None:
    """Hand over what comes, until nothing comes at all: a connection that a firewall forgot only looks open.

    Raises:
        TimeoutError: the server gave no sign of life.
        RedisError, OSError: the connection is lost.
    """
    heard = asked = monotonic()
    while True:
        message = await subscription.get_message(ignore_subscribe_messages=True, timeout=min(READ_TIMEOUT_S, silence_s))
        now = monotonic()
        if message is not None:
            heard = now
            if message["type"] == "message" and isinstance(message["data"], bytes):
                on_message(message["data"])
        elif now - heard >= 2 * silence_s:
            raise TimeoutError(f"nothing heard for {now - heard:.0f} s: the connection is half open")
        elif now - max(heard, asked) >= silence_s:
            asked = now
            await subscription.ping(_SIGN_OF_LIFE)
