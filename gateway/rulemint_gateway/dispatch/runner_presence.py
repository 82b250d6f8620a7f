"""Knows the runners that live and the shards of the queue that they serve, so that no token asks Redis for them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic

import structlog
from redis.exceptions import RedisError

from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.queue.living_runners import find_alive, read_loads
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

REFRESH_INTERVAL_S = 1.0
COUNT_LASTS_S = 5.0
"""The time for which a count holds while nobody answers: longer than an election."""
HEARD_AGAIN_S = 2.0
"""The time after that in which runners may say that they live."""


class RunnerPresence:
    """The number of runners that would pick up an invocation now."""

    def __init__(self, redis: RedisClient, *, queue_shards: int = 1) -> None:
        """*queue_shards*: how many this gateway is to use."""
        self._redis = redis
        self.own_shards = queue_shards
        self.queue_shards = queue_shards
        """The number that it may use, since every living runner serves so many."""
        self.alive = 0
        """The number that was counted last."""
        self.insecure = 0
        """The number of those that do not contain rules, as counted last."""
        self._counted_at_s = -COUNT_LASTS_S
        self._doubted_until_s = 0.0

    async def count(self) -> int:
        """Ask Redis.

        Raises:
            RedisError, OSError: it does not answer.
        """
        living = await find_alive(self._redis)
        self._counted_at_s = monotonic()
        if living.names or self._counted_at_s > self._doubted_until_s:
            self.alive = len(living.names)
        insecure = len(living.insecure)
        if insecure > self.insecure:
            log.warning("INSECURE: runners that do not contain rules", insecure=insecure, runners=self.alive)
        self.insecure = insecure
        if self.own_shards > 1:
            self._count_shards(await read_loads(self._redis, living.names))
        return self.alive

    def _count_shards(self, loads: Mapping[str, RunnerLoad]) -> None:
        """A job in a shard that some runner does not serve would wait for the others, or for nobody."""
        shards = min([self.own_shards, *(load.queue_shards for load in loads.values())])
        if shards < self.queue_shards:
            log.warning(
                "a runner serves fewer shards of the queue than RULEMINT_QUEUE_SHARDS says here: no more are used",
                shards=shards,
                here=self.own_shards,
            )
        self.queue_shards = shards

    async def any_alive(self) -> bool:
        """True if a runner is alive, as of a second ago at most; asks Redis only when none was."""
        if self.alive:
            return True
        try:
            return await self.count() > 0
        except (RedisError, OSError):
            return False

    def _doubt(self) -> None:
        """Nobody answers. Where that is one node of a cluster, the queue may go on, and so may who waits for it.

        Runners that could not say that they live have to say it to the node that takes over first.
        """
        now_s = monotonic()
        self._doubted_until_s = now_s + HEARD_AGAIN_S
        if now_s - self._counted_at_s > COUNT_LASTS_S:
            self.alive = 0

    async def refresh(self) -> None:
        """Keep the count fresh, until cancelled."""
        while True:
            try:
                await self.count()
            except (RedisError, OSError) as error:
                self._doubt()
                log.warning("could not count the runners", error=str(error))
            await asyncio.sleep(REFRESH_INTERVAL_S)
