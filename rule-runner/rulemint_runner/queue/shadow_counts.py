"""Counts what came of shadows, and adds that to the counts of all runners once a second."""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.rollouts import ShadowRun, shadow_field
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

FLUSH_S = 1.0
KEPT_S = 30 * 86_400
MOST_ROLLOUTS = 1_000
"""In a runner's memory, while Redis does not answer."""


class ShadowCounts:
    """The counts of this runner that are not written yet."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis
        self._counted: dict[tuple[str, str], Counter[str]] = {}
        self._is_counted = asyncio.Event()

    def add(self, tenant: str, rollout_id: str, run: ShadowRun) -> None:
        """One shadow of the rollout ended so."""
        key = tenant, rollout_id
        if key not in self._counted and len(self._counted) >= MOST_ROLLOUTS:
            return
        self._counted.setdefault(key, Counter())[shadow_field(run)] += 1
        self._is_counted.set()

    async def write(self) -> None:
        """Write what was counted, until cancelled. What Redis does not take waits."""
        while True:
            await self._is_counted.wait()
            await asyncio.sleep(FLUSH_S)
            self._is_counted.clear()
            await self.flush()

    async def flush(self) -> None:
        """Do so once."""
        for key in list(self._counted):
            counts = self._counted.pop(key)
            name = redis_keys.rollout_counts(*key)
            try:
                async with self._redis.pipeline(transaction=True) as pipe:
                    for field, count in counts.items():
                        pipe.hincrby(name, field, count)
                    pipe.expire(name, KEPT_S)
                    await pipe.execute()
            except (RedisConnectionError, RedisTimeoutError, OSError) as error:
                log.warning("shadows could not be counted, trying again", error=str(error))
                self._counted.setdefault(key, Counter()).update(counts)
                self._is_counted.set()
            except RedisError as error:
                log.warning("counts of shadows were lost", error=str(error))
