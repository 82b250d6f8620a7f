"""The wake-ups of idle workers: a list of job ids for each shard of the queue, on which workers block.

Who enqueues a job adds its id in the same command (`job_scripts`), so that no idle worker has to poll.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, cast

from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient


async def wait_for_one(redis: RedisClient, shard: int = 0, *, timeout_s: float) -> str | None:
    """Block until a job was enqueued in the shard, *timeout_s* at most; the id of the job if there was one.

    Raises:
        RedisError, OSError: the server does not answer, not even that nothing came.
    """
    reply = redis.brpop([redis_keys.wake_up(shard)], timeout=timeout_s)  # type: ignore[arg-type]  # Redis 6+ takes fractions
    popped = await cast("Awaitable[Any]", reply)
    return None if popped is None else popped[1].decode(errors="replace")


async def take_one(redis: RedisClient, shard: int) -> str | None:
    """As `wait_for_one`, without waiting."""
    popped = cast("bytes | None", await cast("Awaitable[Any]", redis.rpop(redis_keys.wake_up(shard))))
    return None if popped is None else popped.decode(errors="replace")


async def give_one_back(redis: RedisClient, shard: int, job_id: str) -> None:
    """Let another worker be woken for the job: there is no place for it here."""
    await cast("Awaitable[Any]", redis.rpush(redis_keys.wake_up(shard), job_id))
