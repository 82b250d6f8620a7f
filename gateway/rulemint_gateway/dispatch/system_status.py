"""Reads the status of the whole system, for its operator only: the processes that live, and the work that waits."""

from __future__ import annotations

import msgspec

from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.queue.living_runners import find_alive, read_loads
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.server_clock import read_wrong_clocks


class RunnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One runner that is alive."""

    name: str
    contained: bool
    """It contains rules."""
    hosts: int
    busy_hosts: int
    invocations: int
    """Under way."""
    lost_log_records: int
    """Since it began; their watchers were told."""
    queue_shards: int
    """Parts of the queue that it serves."""


class WrongClock(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway or a runner whose machine's clock differs from Valkey's by more than 2 s."""

    name: str
    seconds_ahead: float
    """Negative: behind."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The system at one moment."""

    gateways: list[str]
    """Those that listen for outcomes."""
    runners: list[RunnerStatus]
    queue_depth: int
    """Jobs of 1 to 64 invocations that no runner has taken."""
    queue_shards: int
    """Parts of the queue that this gateway is to use; it uses no more than each runner serves."""
    wrong_clocks: list[WrongClock]
    """Set them right: rules run on time all the same, but tokens bear their gateway's time."""


async def count_gateways(redis: RedisClient) -> int:
    """Count the gateways that listen for outcomes.

    Raises:
        RedisError, OSError: Redis does not answer.
    """
    async with redis.pipeline(transaction=False) as pipe:
        pipe.pubsub_channels(f"{redis_keys.outcomes('')}*")
        (gateways,) = await pipe.execute()
    return len(gateways)


async def read_status(redis: RedisClient, *, queue_shards: int = 1) -> Status:
    """Ask Redis. *queue_shards*: how many this gateway uses; runners may still serve more.

    Raises:
        RedisError, OSError: it does not answer.
    """
    living = await find_alive(redis)
    loads = await read_loads(redis, living.names)
    shards = max([queue_shards, *(load.queue_shards for load in loads.values())])
    channel = redis_keys.outcomes("")
    async with redis.pipeline(transaction=False) as pipe:
        pipe.pubsub_channels(f"{channel}*")
        pipe.hgetall(redis_keys.WRONG_CLOCKS)
        for shard in range(shards):
            pipe.zcard(redis_keys.queue(shard))
        gateways, wrong, *depths = await pipe.execute()
    nothing = RunnerLoad(hosts=0, busy_hosts=0, invocations=0)
    return Status(
        gateways=sorted(name.decode(errors="replace").removeprefix(channel) for name in gateways),
        runners=[
            RunnerStatus(
                name=name,
                contained=name not in living.insecure,
                **msgspec.structs.asdict(loads.get(name, nothing)),
            )
            for name in living.names
        ],
        queue_depth=sum(depths),
        queue_shards=queue_shards,
        wrong_clocks=[
            WrongClock(name=name, seconds_ahead=ahead_ms / 1000) for name, ahead_ms in read_wrong_clocks(wrong).items()
        ],
    )
