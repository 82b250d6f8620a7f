"""How invocations share a job on their way to the runners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fixtures.dispatching import a_rule, an_invocation
from rulemint_gateway.dispatch import batching
from rulemint_gateway.dispatch.batching import JOB_INVOCATIONS, Batcher
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.deadline import Deadline
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
async def invocations(redis: RedisClient) -> list[Invocation]:
    rule = await a_rule(redis)
    return [an_invocation(rule, Deadline.after(60)) for _ in range(3 * JOB_INVOCATIONS)]


class Jobs:
    """What was enqueued, job by job."""

    def __init__(self, redis: RedisClient) -> None:
        self.sizes: list[int] = []
        self.lost: list[str] = []
        self.batcher = Batcher(
            redis,
            gateway="g",
            shard=0,
            job_expires_ms=60_000,
            on_enqueued=self._note,
            on_lost=self.lost.extend,
        )

    def _note(self, _job_id: str, names: list[str]) -> None:
        self.sizes.append(len(names))


async def test_what_comes_at_one_moment_is_one_job_and_what_comes_meanwhile_is_the_next(
    redis: RedisClient, invocations: list[Invocation]
) -> None:
    jobs = Jobs(redis)
    jobs.batcher.submit(invocations[0])
    await asyncio.sleep(0)  # the first job leaves
    for invocation in invocations[1:10]:
        jobs.batcher.submit(invocation)
        await asyncio.sleep(0)
    await jobs.batcher.close()
    assert jobs.sizes == [1, 9]


async def test_several_of_one_moment_take_those_of_the_next_turn_along(
    redis: RedisClient, invocations: list[Invocation]
) -> None:
    jobs = Jobs(redis)
    for invocation in invocations[:3]:
        jobs.batcher.submit(invocation)
    await asyncio.sleep(0)  # the job could leave, and waits for this turn
    for invocation in invocations[3:5]:
        jobs.batcher.submit(invocation)
    await jobs.batcher.close()
    assert jobs.sizes == [5]


async def test_full_jobs_do_not_wait_for_each_other(redis: RedisClient, invocations: list[Invocation]) -> None:
    jobs = Jobs(redis)
    for invocation in invocations:
        jobs.batcher.submit(invocation)
    await jobs.batcher.close()
    assert jobs.sizes == [JOB_INVOCATIONS] * 3


async def test_large_invocations_share_no_job(
    redis: RedisClient, invocations: list[Invocation], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "JOB_BYTES", 10)
    jobs = Jobs(redis)
    for invocation in invocations[:3]:
        jobs.batcher.submit(invocation)
    await jobs.batcher.close()
    assert jobs.sizes == [1, 1, 1]
    assert jobs.lost == []
