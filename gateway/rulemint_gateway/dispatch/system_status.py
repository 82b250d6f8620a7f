"""Who is alive, and what waits: of the whole system, so for its operator only."""

from __future__ import annotations

import msgspec
from arq.connections import ArqRedis

from rulemint_shared import codecs, keys
from rulemint_shared.deadline import unix_ms
from rulemint_shared.runner_load import RunnerLoad


class RunnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One runner that is alive."""

    name: str
    contained: bool
    """Whether it contains rules."""
    hosts: int
    busy_hosts: int
    invocations: int
    """Under way."""


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
    names = [name.decode(errors="replace") for name in sorted(runners)]
    loads = await redis.mget([keys.runner_load(name) for name in names]) if names else []
    contained = {name.decode(errors="replace") for name in set(runners) - set(insecure)}
    return Status(
        gateways=sorted(name.decode(errors="replace").removeprefix(channel) for name in gateways),
        runners=[
            RunnerStatus(name=name, contained=name in contained, **msgspec.structs.asdict(_load(data)))
            for name, data in zip(names, loads, strict=True)
        ],
        queue_depth=queue_depth,
    )


def _load(data: bytes | None) -> RunnerLoad:
    """What a runner said of itself; nothing if it has just gone, or talks nonsense."""
    try:
        if data is not None:
            return codecs.runner_load.decode(data)
    except codecs.DecodeError:
        pass
    return RunnerLoad(hosts=0, busy_hosts=0, invocations=0)
