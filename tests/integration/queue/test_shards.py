"""A queue of several shards: each tenant's jobs have one, every runner serves all of them, and none is kept waiting."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest
from arq.constants import job_key_prefix
from arq.jobs import serialize_job

from fixtures.dispatching import a_rule, an_invocation
from fixtures.log_records import a_writer
from fixtures.waiting import eventually
from rulemint_gateway.dispatch.dispatcher import Dispatcher
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.dispatch.system_status import read_status
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.worker import RuleWorker
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys, redis_tags
from rulemint_shared.contract.batches import split_batch
from rulemint_shared.contract.messages import Ending, Granted
from rulemint_shared.contract.runner_load import RunnerLoad
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel
from rulemint_shared.queue import job_queue, living_runners
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber

T = TypeVar("T")
SHARDS = 3
TENANTS = {redis_tags.shard_of(tenant, SHARDS): tenant for tenant in map("tenant-{}".format, range(20))}


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@asynccontextmanager
async def a_worker(
    url: str, run: Callable[[bytes, int], Awaitable[bytes]], *, max_jobs: int = 100, shards: int = SHARDS
) -> AsyncIterator[RuleWorker]:
    async with open_redis(url) as redis:
        worker = RuleWorker(
            redis, {job_queue.RUN_BATCH: run}, Outbox(redis), runner="r", max_jobs=max_jobs, shards=shards
        )
        working = asyncio.create_task(worker.main())
        try:
            yield worker
        finally:
            await worker.drain(within_s=10)  # what it runs still needs its connections
            await cancel([working])


async def put(redis: RedisClient, shard: int, data: bytes = b"") -> str:
    return await job_queue.enqueue_encoded(redis, data, expires_ms=60_000, shard=shard)


async def say_alive(redis: RedisClient, name: str, *, shards: int) -> None:
    load = RunnerLoad(hosts=0, busy_hosts=0, invocations=0, queue_shards=shards)
    async with redis.pipeline(transaction=False) as pipe:
        living_runners.beat(pipe, name, contains_rules=True, lives_ms=60_000)
        pipe.set(redis_keys.runner_load(name), codecs.runner_load.encode(load))
        await pipe.execute()


def test_there_is_a_tenant_for_each_shard() -> None:
    assert sorted(TENANTS) == list(range(SHARDS))


async def test_a_gateway_puts_a_job_where_its_tenant_s_are_and_hears_its_ending_there(
    redis: RedisClient, empty_redis_url: str
) -> None:
    came_by: dict[str, int] = {}
    async with open_redis(empty_redis_url) as of_runner, open_subscriber(empty_redis_url) as subscriber:
        outbox = Outbox(of_runner)

        async def run(data: bytes, shard: int) -> bytes:
            batch, _refused = split_batch(data)
            for invocation in batch.invocations:
                came_by[invocation.tenant] = shard
                ending = Ending(invocation=invocation.id, outcome=Granted(scope=[], claims={}), ended_at_ms=unix_ms())
                outbox.add(redis_keys.outcomes(batch.gateway, shard), codecs.ending.encode(ending), under_way=0)
            return b""

        await say_alive(redis, "r", shards=SHARDS)
        dispatcher = Dispatcher(
            redis,
            gateway="g",
            presence=RunnerPresence(redis, queue_shards=SHARDS),
            log_writer=a_writer(),
            minutes=MinuteCounts(redis),
            max_waiting=100,
            job_expires_ms=60_000,
        )
        listening = asyncio.create_task(dispatcher.listen(subscriber))
        async with a_worker(empty_redis_url, run):
            for tenant in TENANTS.values():
                deadline = Deadline.after(20)
                rule = await a_rule(redis, tenant=tenant)
                ending = await dispatcher.run(an_invocation(rule, deadline, tenant), deadline)
                assert isinstance(ending.outcome, Granted)
        await cancel([listening])
        await dispatcher.close()
    assert came_by == {tenant: shard for shard, tenant in TENANTS.items()}


async def test_a_worker_whose_places_are_all_taken_serves_the_shards_in_turn(
    redis: RedisClient, empty_redis_url: str
) -> None:
    ran: list[int] = []

    async def run(_data: bytes, shard: int) -> bytes:
        ran.append(shard)
        await asyncio.sleep(0.002)
        return b""

    for shard, count in enumerate((40, 10, 10)):
        for _ in range(count):
            await put(redis, shard)
    async with a_worker(empty_redis_url, run, max_jobs=1):
        await eventually(lambda: as_seen(len(ran)), lambda count: count == 60)
    assert Counter(ran[:27])[0] <= 14, ran
    assert (await read_status(redis, queue_shards=SHARDS)).queue_depth == 0


async def test_a_shard_in_which_nothing_waits_keeps_no_place_from_another(
    redis: RedisClient, empty_redis_url: str
) -> None:
    ran: list[int] = []

    async def run(_data: bytes, shard: int) -> bytes:
        ran.append(shard)
        return b""

    async with a_worker(empty_redis_url, run, max_jobs=1):
        for count in range(1, 11):
            await put(redis, 2)
            await eventually(lambda: as_seen(len(ran)), lambda seen, count=count: seen == count)  # type: ignore[misc]  # redis-py's stub is not async here
    assert set(ran) == {2}


async def test_a_job_for_which_there_is_no_place_wakes_another_worker(redis: RedisClient, empty_redis_url: str) -> None:
    goes_on, ran = asyncio.Event(), []

    async def hold(_data: bytes, _shard: int) -> bytes:
        await goes_on.wait()
        return b""

    async def run(_data: bytes, shard: int) -> bytes:
        ran.append(shard)
        return b""

    async with a_worker(empty_redis_url, hold, max_jobs=1):
        await asyncio.sleep(0.1)  # it waits at all shards
        first = await put(redis, 0)
        await eventually(lambda: job_queue.was_picked_up(redis, first))
        await put(redis, 1)
        await put(redis, 2)
        await eventually(lambda: redis.llen(redis_keys.wake_up(1)), lambda woken: woken == 1)  # type: ignore[arg-type, return-value]  # redis-py's stub is not async here
        async with a_worker(empty_redis_url, run):
            await eventually(lambda: as_seen(sorted(ran)), lambda seen: seen == [1, 2])
        goes_on.set()


async def test_a_job_whose_wake_up_nobody_has_is_found_in_every_shard(redis: RedisClient, empty_redis_url: str) -> None:
    ran: list[int] = []

    async def run(_data: bytes, shard: int) -> bytes:
        ran.append(shard)
        return b""

    async with a_worker(empty_redis_url, run):
        await asyncio.sleep(0.1)
        for shard in range(SHARDS):
            await redis.zadd(redis_keys.queue(shard), {"junk": 1})
            async with redis.pipeline(transaction=True) as pipe:
                job_id = redis_keys.job_id(f"by hand {shard}", shard)
                data = serialize_job(job_queue.RUN_BATCH, (b"",), {}, None, unix_ms(), serializer=job_queue.serialize)
                pipe.psetex(job_key_prefix + job_id, 60_000, data or b"")
                pipe.zadd(redis_keys.queue(shard), {job_id: unix_ms()})
                await pipe.execute()
        await eventually(lambda: as_seen(Counter(ran)), lambda seen: seen == Counter(range(SHARDS)))
        await eventually(lambda: read_status(redis, queue_shards=SHARDS), lambda status: status.queue_depth == 0)


async def test_the_depth_of_the_queue_is_that_of_all_shards_also_of_those_that_only_runners_serve(
    redis: RedisClient,
) -> None:
    for shard in range(SHARDS):
        await put(redis, shard)
    assert (await read_status(redis, queue_shards=SHARDS)).queue_depth == SHARDS
    assert (await read_status(redis)).queue_depth == 1
    await say_alive(redis, "r", shards=SHARDS)
    status = await read_status(redis)
    assert (status.queue_depth, status.queue_shards, status.runners[0].queue_shards) == (SHARDS, 1, SHARDS)


@pytest.mark.parametrize(
    ("own", "runners", "used"), [(3, [3, 3], 3), (3, [1, 3], 1), (3, [6], 3), (1, [3], 1), (3, [], 3), (6, [4, 5], 4)]
)
async def test_a_gateway_uses_no_more_shards_than_every_living_runner_serves(
    redis: RedisClient, own: int, runners: list[int], used: int
) -> None:
    for number, shards in enumerate(runners):
        await say_alive(redis, f"r{number}", shards=shards)
    presence = RunnerPresence(redis, queue_shards=own)
    assert await presence.count() == len(runners)
    assert presence.queue_shards == used


async def as_seen(value: T) -> T:
    return value
