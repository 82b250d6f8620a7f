"""Listening to a channel for as long as the process lives, across every reconnect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from rulemint_shared.process.growing_pause import GrowingPause
from rulemint_shared.redis.subscribed_connection import SubscribedConnection

log = structlog.get_logger(__name__)

LOOK_INTERVAL_S = 1.0
SILENCE_S = 3.0


class Subscriber(Protocol):
    """A client that opens subscriptions."""

    async def subscribe(self, channel: str) -> SubscribedConnection:
        """One that has not been started."""


async def listen(
    redis: Subscriber,
    channel: str,
    *,
    on_message: Callable[[bytes], None],
    on_connected: Callable[[], Awaitable[None]],
    silence_s: float = SILENCE_S,
) -> None:
    """Hand every message of *channel* to *on_message*, until cancelled.

    A server that says nothing for *silence_s* is asked for a sign of life, and has as long again to give it.

    *on_connected* runs after each subscription, the first and every later one, before any message is handed over.
    Messages that were published in a gap are lost to pub/sub, so a listener catches up there by other means. *redis*
    must come from `open_subscriber`, which leaves reconnecting to us.
    """
    pause = GrowingPause()
    while True:
        try:
            with closing(await redis.subscribe(channel)) as subscription:
                await on_connected()
                pause.reset()
                subscription.start(on_message)
                await _notice_the_end(subscription, silence_s)
        except (TimeoutError, RedisError, OSError) as error:
            log.warning("subscription lost, reconnecting", channel=channel, error=str(error), pause_s=pause.next_s)
            await pause.wait()


async def _notice_the_end(subscription: SubscribedConnection, silence_s: float) -> None:
    """Wait until *subscription* ends, or nothing comes at all: a connection that a firewall forgot only looks open.

    Raises:
        TimeoutError: the server gave no sign of life.
        RedisError, OSError: the connection is lost.
    """
    loop = asyncio.get_running_loop()
    asked_s = loop.time()
    while True:
        await asyncio.wait({subscription.ended}, timeout=min(LOOK_INTERVAL_S, silence_s))
        if subscription.ended.done():
            raise subscription.ended.result()
        now_s, heard_s = loop.time(), subscription.heard_s
        if now_s - heard_s >= 2 * silence_s:
            raise TimeoutError(f"nothing heard for {now_s - heard_s:.0f} s: the connection is half open")
        if now_s - max(heard_s, asked_s) >= silence_s:
            asked_s = now_s
            subscription.ask_for_a_sign_of_life()
