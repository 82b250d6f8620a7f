"""Who is alive, and what waits: of the whole system, so for its operator only."""

from __future__ import annotations

import msgspec
from arq.connections import ArqRedis

from rulemint_shared import keys
from rulemint_shared.deadline import unix_ms


class RunnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One runner that is alive."""

    name: str
    contained: bool
    """Whether it contains rules."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The system at one moment."""

    gateways: list[str]
    """Those that listen for outcomes."""
    runners: list[RunnerStatus]
    queue_depth: int
    """Jobs of 1 to 64 invocations that no runner has taken."""


async def read_status(redis: ArqRedis) -> Status:
    """Ask Redis.

    Raises:
        RedisError, OSError: it does not answer.
    """
    now_ms = unix_ms()
    channel = keys.outcomes("")
    async with redis.pipeline(transaction=False) as pipe:
        pipe.pubsub_channels(f"{channel}*")
        pipe.zrangebyscore(keys.RUNNERS, now_ms, "+inf")
        pipe.zrangebyscore(keys.INSECURE_RUNNERS, now_ms, "+inf")
        pipe.zcard(keys.QUEUE)
        gateways, runners, insecure, queue_depth = await pipe.execute()
    return Status(
        gateways=sorted(name.decode(errors="replace").removeprefix(channel) for name in gateways),
        runners=[
            RunnerStatus(name=name.decode(errors="replace"), contained=name not in insecure) for name in sorted(runners)
        ],
        queue_depth=queue_depth,
    )
