"""Who counts as alive, and by whose clock."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fixtures.processes import started, until
from fixtures.runner_keys import make_runner_key
from fixtures.stepped_clock import COMPILER, SteppedClock
from fixtures.waiting import eventually
from rulemint_gateway.dispatch.runner_presence import RunnerPresence
from rulemint_gateway.dispatch.system_status import read_status
from rulemint_shared.contract import redis_keys
from rulemint_shared.queue import living_runners
from rulemint_shared.queue.living_runners import LivingRunners, find_alive
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

HOUR_S = 3_600


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def beat(
    redis: RedisClient, name: str, *, contains_rules: bool = True, lives_ms: int = 60_000, leaves: bool = False
) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        living_runners.beat(pipe, name, contains_rules=contains_rules, lives_ms=lives_ms, leaves=leaves)
        await pipe.execute()


async def test_a_runner_is_alive_from_its_beat_until_it_leaves(redis: RedisClient) -> None:
    await beat(redis, "b")
    await beat(redis, "a")
    assert await find_alive(redis) == LivingRunners(["a", "b"], set())
    await living_runners.leave(redis, "a")
    assert await find_alive(redis) == LivingRunners(["b"], set())


async def test_a_runner_that_leaves_is_on_a_list_of_its_own_until_it_has_left(redis: RedisClient) -> None:
    await beat(redis, "a", contains_rules=False)
    await beat(redis, "a", contains_rules=False, leaves=True)
    assert await find_alive(redis) == LivingRunners([], set(), frozenset({"a"}))
    await living_runners.leave(redis, "a")
    assert await find_alive(redis) == LivingRunners([], set())


async def test_a_runner_that_beats_no_longer_falls_out(redis: RedisClient) -> None:
    await beat(redis, "short", lives_ms=1)
    await eventually(lambda: find_alive(redis), lambda living: not living.names)
    assert await redis.zcard(redis_keys.RUNNERS) == 1  # it is forgotten a minute later, at somebody's beat


async def test_a_runner_that_died_a_minute_ago_is_forgotten_at_the_next_beat(redis: RedisClient) -> None:
    await beat(redis, "dead", contains_rules=False, lives_ms=-60_001)
    await beat(redis, "alive")
    assert await redis.zrange(redis_keys.RUNNERS, 0, -1) == [b"alive"]
    assert await redis.zcard(redis_keys.INSECURE_RUNNERS) == 0


async def test_a_runner_is_insecure_for_as_long_as_it_says_so(redis: RedisClient) -> None:
    await beat(redis, "a", contains_rules=False)
    assert await find_alive(redis) == LivingRunners(["a"], {"a"})
    await beat(redis, "a", contains_rules=True)
    assert await find_alive(redis) == LivingRunners(["a"], set())


@pytest.mark.skipif(COMPILER is None, reason="NOT TESTED HERE: a clock that is set, which needs a C compiler")
@pytest.mark.parametrize("off_by_s", [-HOUR_S, HOUR_S], ids=["behind", "ahead"])
async def test_a_runner_whose_clock_disagrees_with_the_gateways_counts_as_alive(
    redis: RedisClient, empty_redis_url: str, tmp_path: Path, off_by_s: int
) -> None:
    clock = SteppedClock(tmp_path)
    clock.set_off_by(off_by_s)
    environment = {
        **clock.environment,
        "RULEMINT_REDIS_URL": empty_redis_url,
        "RULEMINT_RUNNER_KEY_FILE": str(make_runner_key(tmp_path)),
    }
    presence = RunnerPresence(redis)
    with started([sys.executable, "-m", "rulemint_runner"], environment) as process:
        await asyncio.to_thread(until, lambda: "claiming invocations" in process.output, failing=process)
        assert await presence.count() == 1
        assert len((await read_status(redis)).runners) == 1
    await eventually(presence.count, lambda alive: alive == 0)
