"""Exchange records that are too old leave, also those of a tenant that asks for no more tokens.

A tenant that asks for tokens has its old records leave with each addition. For the others each gateway looks now and
then. The streams themselves never expire: a release without this would write into a stream that goes whole one day.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog
from redis.exceptions import RedisError

from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Addition, StreamBounds
from rulemint_shared.streams.index import no_names
from rulemint_shared.streams.sending import send

log = structlog.get_logger(__name__)

FIRST_LOOK_S, LOOK_S = 60.0, 3_600.0
STREAMS_AT_ONCE = 50
PAUSE_S = 0.05


class AgedExchanges:
    """Looks at the streams of all tenants."""

    def __init__(
        self,
        redis: RedisClient,
        tenants: Callable[[], Sequence[str]],
        *,
        age_s: int,
        bounds: StreamBounds,
        refusal_bounds: StreamBounds,
    ) -> None:
        self._redis = redis
        self._tenants = tenants
        self._age_s = age_s
        self._streams = ((redis_keys.exchanges, bounds), (redis_keys.refused_requests, refusal_bounds))

    async def sweep(self) -> None:
        """Look now and then, until cancelled."""
        await asyncio.sleep(FIRST_LOOK_S)
        while True:
            try:
                await self.look()
            except (RedisError, OSError) as error:
                log.warning("could not have old exchange records leave", error=str(error) or type(error).__name__)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Have what is too old leave, some streams at a time.

        Raises:
            RedisError, OSError: Redis does not answer.
        """
        additions = [self._empty(name(tenant), bounds) for tenant in self._tenants() for name, bounds in self._streams]
        for first in range(0, len(additions), STREAMS_AT_ONCE):
            some = additions[first : first + STREAMS_AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for each in some:
                    pipe.exists(each.stream)
                there = await pipe.execute()
            await send(self._redis, [each for each, is_there in zip(some, there, strict=True) if is_there])
            await asyncio.sleep(PAUSE_S)

    def _empty(self, stream: str, bounds: StreamBounds) -> Addition:
        """The addition of nothing to *stream*, which has what is too old leave."""
        not_before = str(unix_ms() - self._age_s * 1000)
        return Addition(stream, [], bounds, not_before=not_before, names=no_names(redis_keys.stream_index(stream)))
