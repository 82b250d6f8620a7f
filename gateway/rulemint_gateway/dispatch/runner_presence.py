"""How many runners are alive, counted every second, so that no token asks for it."""

from __future__ import annotations

import asyncio

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_shared.living_runners import find_alive

log = structlog.get_logger(__name__)

REFRESH_INTERVAL_S = 1.0


class RunnerPresence:
    """How many runners would pick up an invocation now."""

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis
        self.alive = 0
        """How many were counted last."""
        self.insecure = 0
        """How many of those that were counted last do not contain rules."""

    async def count(self) -> int:
        """Ask Redis.

        Raises:
            RedisError, OSError: it does not answer.
        """
        living = await find_alive(self._redis)
        self.alive, insecure = len(living.names), len(living.insecure)
        if insecure > self.insecure:
            log.warning("INSECURE: runners that do not contain rules", insecure=insecure, runners=self.alive)
        self.insecure = insecure
        return self.alive

    async def any_alive(self) -> bool:
        """Whether a runner is alive, as of a second ago at most; asks Redis only when none was."""
        if self.alive:
            return True
        try:
            return await self.count() > 0
        except (RedisError, OSError):
            return False

    async def refresh(self) -> None:
        """Keep the count fresh, until cancelled."""
        while True:
            try:
                await self.count()
            except (RedisError, OSError) as error:
                self.alive = 0
                log.warning("could not count the runners", error=str(error))
            await asyncio.sleep(REFRESH_INTERVAL_S)
