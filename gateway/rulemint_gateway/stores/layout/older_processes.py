"""Finds living processes of an older version: gateways listen to own channels, runners beat in a sorted set."""

from __future__ import annotations

from typing import Any, cast

from rulemint_shared.contract import old_redis_keys
from rulemint_shared.redis.client import RedisClient

_MOST = 100


async def living_processes(redis: RedisClient) -> list[str]:
    """Their names, a hundred of each kind at most.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    gateways = await redis.pubsub_channels(f"{old_redis_keys.GATEWAYS}*")
    seconds, microseconds = cast("tuple[int, int]", await redis.time())
    now_ms = seconds * 1_000 + microseconds // 1_000
    runners: Any = await redis.zrangebyscore(old_redis_keys.RUNNERS, now_ms, "+inf", start=0, num=_MOST)
    names = [name.decode(errors="replace") for name in (*gateways[:_MOST], *runners)]
    return sorted(name.removeprefix(old_redis_keys.GATEWAYS) for name in names)
