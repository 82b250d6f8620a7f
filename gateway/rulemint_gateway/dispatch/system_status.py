"""Who is alive, and what waits: of the whole system, so for its operator only."""

from __future__ import annotations

import msgspec
from arq.connections import ArqRedis

from rulemint_shared import codecs, keys
from rulemint_shared.living_runners import find_alive
from rulemint_shared.runner_load import RunnerLoad
from rulemint_shared.server_clock import read_wrong_clocks


class RunnerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One runner that is alive."""

    name: str
    contained: bool
    """Whether it contains rules."""
    hosts: int
    busy_hosts: int
    invocations: int
    """Under way."""
    lost_log_records: int
    """Since it began; their watchers were told."""


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
    wrong_clocks: list[WrongClock]
    """Set them right: rules run on time all the same, but tokens bear their gateway's time."""


async def read_status(redis: ArqRedis) -> Status:
    """Ask Redis.

    Raises:
        RedisError, OSError: it does not answer.
    """
    channel = keys.outcomes("")
    async with redis.pipeline(transaction=False) as pipe:
        pipe.pubsub_channels(f"{channel}*")
        pipe.zcard(keys.QUEUE)
        pipe.hgetall(keys.WRONG_CLOCKS)
        gateways, queue_depth, wrong = await pipe.execute()
    living = await find_alive(redis)
    names = living.names
    loads = await redis.mget([keys.runner_load(name) for name in names]) if names else []
    return Status(
        gateways=sorted(name.decode(errors="replace").removeprefix(channel) for name in gateways),
        runners=[
            RunnerStatus(name=name, contained=name not in living.insecure, **msgspec.structs.asdict(_load(data)))
            for name, data in zip(names, loads, strict=True)
        ],
        queue_depth=queue_depth,
        wrong_clocks=[
            WrongClock(name=name, seconds_ahead=ahead_ms / 1000) for name, ahead_ms in read_wrong_clocks(wrong).items()
        ],
    )


def _load(data: bytes | None) -> RunnerLoad:
    """What a runner said of itself; nothing if it has just gone, or talks nonsense."""
    try:
        if data is not None:
            return codecs.runner_load.decode(data)
    except codecs.DecodeError:
        pass
    return RunnerLoad(hosts=0, busy_hosts=0, invocations=0)
