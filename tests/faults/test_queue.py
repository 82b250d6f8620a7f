"""Jobs that nobody is woken for are found all the same, and the queue holds what waits and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from arq.constants import job_key_prefix

from fixtures.processes import until
from fixtures.valkey_servers import a_server
from fixtures.waiting import eventually
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.worker import RuleWorker
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.package_messages import InstallRequest, Wanted
from rulemint_shared.process.background import cancel
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def enqueue(redis: RedisClient) -> str:
    request = InstallRequest(registry=Registry.NPM, wanted=(Wanted(specifier="a@1", name="a", version="1"),))
    return await job_queue.enqueue_install(redis, request, expires_ms=60_000)


@asynccontextmanager
async def a_worker(url: str, *, max_jobs: int = 1_000) -> AsyncIterator[list[bytes]]:
    """One that writes down what it runs."""
    ran: list[bytes] = []

    async def run(data: bytes, _shard: int) -> bytes:
        ran.append(data)
        return b""

    async with open_redis(url) as redis:
        worker = RuleWorker(redis, {job_queue.INSTALL_PACKAGES: run}, Outbox(redis), runner="r", max_jobs=max_jobs)
        working = asyncio.create_task(worker.main())
        try:
            yield ran
        finally:
            await worker.drain(within_s=10)  # what it claims still needs its connections
            await cancel([working])


async def test_jobs_beyond_the_wake_ups_that_are_kept_run_while_others_keep_the_worker_awake(
    redis: RedisClient, empty_redis_url: str
) -> None:
    """All runners stalled for a moment: each job after it woke a worker, which never looked through the queue again."""
    backlog = 3 * job_queue.WAKE_UPS_KEPT
    for _ in range(backlog):
        await enqueue(redis)
    others = 0
    async with a_worker(empty_redis_url) as ran, asyncio.timeout(20):
        while len(ran) < backlog + others or others == 0:
            await enqueue(redis)
            others += 1
            await asyncio.sleep(0.01)
        assert await redis.zcard(redis_keys.queue(0)) <= 1


async def test_a_job_is_not_there_again_where_a_replica_takes_over(tmp_path: Path) -> None:
    """Its claim, which comes after it, might not have reached the replica: the job would run twice."""
    with (
        a_server(tmp_path / "master", "--repl-diskless-sync-delay", "0") as master,
        a_server(tmp_path / "replica") as replica,
    ):
        replica.replicate(master)
        await asyncio.to_thread(until, replica.is_in_sync)
        async with open_redis(master.url) as redis:
            job = await enqueue(redis)
            assert not await job_queue.is_lost(redis, job)
            await redis.set("after the job", 1)
            assert await redis.wait(1, 10_000) == 1
        replica.replicate(None)
        async with open_redis(replica.url) as redis:
            assert await redis.exists("after the job")
            assert await job_queue.is_lost(redis, job)
            assert await redis.keys("*") == [b"after the job"]


async def test_a_job_whose_wake_up_died_with_a_runner_is_found(redis: RedisClient, empty_redis_url: str) -> None:
    await enqueue(redis)
    await redis.delete(redis_keys.wake_up(0))
    async with a_worker(empty_redis_url) as ran, asyncio.timeout(20):
        while not ran:
            await asyncio.sleep(0.01)


async def test_what_waits_for_nothing_leaves_the_queue(redis: RedisClient, empty_redis_url: str) -> None:
    """The job expired, or was never there."""
    expired = await enqueue(redis)
    await redis.delete(job_key_prefix + expired, redis_keys.wake_up(0))
    await redis.zadd(redis_keys.queue(0), {"nobody": 1, "from the future": 2**52})
    async with a_worker(empty_redis_url) as ran:
        await eventually(lambda: redis.zcard(redis_keys.queue(0)), lambda depth: depth == 0)
        assert not ran


async def test_a_job_that_runs_is_not_counted_as_waiting(redis: RedisClient) -> None:
    job_id = await enqueue(redis)
    assert await redis.zcard(redis_keys.queue(0)) == 1
    assert await job_queue.claim(redis, job_id, runner="r", for_ms=1_000) is not None
    assert await redis.zcard(redis_keys.queue(0)) == 0
    assert await job_queue.claim(redis, job_id, runner="r", for_ms=1_000) is None
