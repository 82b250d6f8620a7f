"""This runner's name in the list of the living, with an expiry; a dead runner falls out of it by itself.

A runner that does not contain rules is in a second list as well, for as long as that is so. One that was told to stop
moves to a third, and stays there until it has ended what it had.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog
from redis.exceptions import RedisError

from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.queue import living_runners
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

BEAT_S = 0.5
LIVES_WITHOUT_A_BEAT_MS = 2_500


class Presence:
    """Says that this runner is alive, until it is told to leave."""

    def __init__(
        self,
        redis: RedisClient,
        name: str,
        *,
        heartbeat_file: Path | None,
        contains_rules: Callable[[], bool],
        load: Callable[[], RunnerLoad],
    ) -> None:
        self._redis = redis
        self._name = name
        self._heartbeat_file = heartbeat_file
        self._contains_rules = contains_rules
        self._load = load
        self._leaves = False

    async def keep(self) -> None:
        """Beat, until cancelled. After the first beat gateways count on this runner."""
        is_known = False
        while True:
            try:
                await self._beat()
                if not is_known:
                    log.info("claiming invocations")
                is_known = True
            except (RedisError, OSError) as error:
                log.warning("could not say that this runner is alive", error=str(error))
            await asyncio.sleep(BEAT_S)

    async def begin_to_leave(self) -> None:
        """From now on no gateway counts on this runner for anything new."""
        self._leaves = True
        try:
            await self._beat()
        except (RedisError, OSError) as error:
            log.warning("could not say that this runner leaves", error=str(error))

    async def leave(self) -> None:
        """From now on nobody waits for this runner."""
        try:
            await living_runners.leave(self._redis, self._name)
            await self._redis.delete(redis_keys.runner_load(self._name))
        except (RedisError, OSError) as error:
            log.warning("could not say that this runner has left", error=str(error))

    async def _beat(self) -> None:
        load = codecs.runner_load.encode(self._load())
        async with self._redis.pipeline(transaction=False) as pipe:
            living_runners.beat(
                pipe,
                self._name,
                contains_rules=self._contains_rules(),
                lives_ms=LIVES_WITHOUT_A_BEAT_MS,
                leaves=self._leaves,
            )
            pipe.set(redis_keys.runner_load(self._name), load, px=LIVES_WITHOUT_A_BEAT_MS)
            await pipe.execute()
        if self._heartbeat_file is not None:
            self._heartbeat_file.touch()
