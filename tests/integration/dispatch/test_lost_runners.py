from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from arq.constants import in_progress_key_prefix

from rulemint_gateway.dispatch.lost_runners import LostRunners
from rulemint_shared.contract.dependencies import Registry
from rulemint_shared.contract.package_messages import InstallRequest, Wanted
from rulemint_shared.queue import job_queue, living_runners
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def a_job(redis: RedisClient, *, runner: str | None) -> str:
    request = InstallRequest(registry=Registry.NPM, wanted=(Wanted(specifier="a@1", name="a", version="1"),))
    job_id = await job_queue.enqueue_install(redis, request, expires_ms=60_000)
    if runner is not None:
        assert await job_queue.claim(redis, job_id, runner=runner, for_ms=60_000)
    return job_id


async def beat(redis: RedisClient, runner: str, *, leaves: bool = False) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        living_runners.beat(pipe, runner, contains_rules=True, lives_ms=60_000, leaves=leaves)
        await pipe.execute()


async def test_only_the_jobs_of_a_runner_that_was_missing_twice_are_lost(redis: RedisClient) -> None:
    await beat(redis, "alive")
    await beat(redis, "leaving", leaves=True)
    jobs = {name: await a_job(redis, runner=name) for name in ("alive", "leaving", "dead")}
    jobs["nobody"] = await a_job(redis, runner=None)
    runners = LostRunners(redis)
    assert await runners.look(jobs.values()) == []
    assert await runners.look(jobs.values()) == [jobs["dead"]]


async def test_a_runner_that_was_stalled_and_is_there_again_is_not_dead(redis: RedisClient) -> None:
    job = await a_job(redis, runner="stalled")
    runners = LostRunners(redis)
    assert await runners.look([job]) == []
    await beat(redis, "stalled")
    assert await runners.look([job]) == []
    await living_runners.leave(redis, "stalled")
    assert await runners.look([job]) == []


async def test_a_job_that_is_claimed_later_is_looked_for_again(redis: RedisClient) -> None:
    job = await a_job(redis, runner=None)
    runners = LostRunners(redis)
    assert await runners.look([job]) == []
    assert await job_queue.claim(redis, job, runner="dead", for_ms=60_000)
    assert await runners.look([job]) == []
    assert await runners.look([job]) == [job]


async def test_the_claim_of_an_earlier_release_which_names_nobody_is_left_alone(redis: RedisClient) -> None:
    await redis.set(in_progress_key_prefix + "job_1", "1")
    runners = LostRunners(redis)
    assert await runners.look(["job_1"]) == []
    assert await runners.look(["job_1"]) == []
