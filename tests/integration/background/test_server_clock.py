from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import pytest

from rulemint_shared import clock as stamps
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.redis.server_clock import ServerClock, read_wrong_clocks

HOUR_MS = 3_600_000
SLACK_MS = 2_000


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture(autouse=True)
def keeps_the_epoch() -> Iterator[None]:
    before_ns = stamps.epoch_of_monotonic_ns()
    yield
    stamps.set_epoch_of_monotonic(before_ns)


def off_by_ms() -> float:
    return unix_ms() - time.time() * 1000


@pytest.mark.parametrize("hours", [1, -1, 100_000])
async def test_stamps_follow_the_server_however_wrong_they_were(redis: RedisClient, hours: int) -> None:
    clock = ServerClock(redis, "a process")
    await clock.begin()
    stamps.set_epoch_of_monotonic(stamps.epoch_of_monotonic_ns() + hours * HOUR_MS * 1_000_000)
    assert abs(off_by_ms()) > HOUR_MS / 2
    await clock.measure()
    assert abs(off_by_ms()) < SLACK_MS
    assert not clock.is_wrong
    assert clock.wrong == {}


async def test_a_slow_reply_spoils_nothing(redis: RedisClient) -> None:
    clock = ServerClock(redis, "a process")
    await clock.begin()
    before_ns = stamps.epoch_of_monotonic_ns()
    await redis.client_pause(400)
    await clock.measure()
    assert abs(stamps.epoch_of_monotonic_ns() - before_ns) < 100_000_000


async def test_what_is_no_list_of_clocks_is_deleted(redis: RedisClient) -> None:
    await redis.set(redis_keys.WRONG_CLOCKS, "garbage")
    clock = ServerClock(redis, "a process")
    await clock.begin()
    assert clock.wrong == {}
    assert not await redis.exists(redis_keys.WRONG_CLOCKS)


async def test_garbage_on_the_list_and_what_is_stale_is_left_out(redis: RedisClient) -> None:
    later = unix_ms() + HOUR_MS
    listed: dict[str, str] = {"a": f"5000 {later}", "stale": "5000 1", "b": "x", "c": f"{'9' * 5000} {later}", "d": ""}
    await redis.hset(redis_keys.WRONG_CLOCKS, mapping=listed)  # type: ignore[misc]  # redis-py's stub is not async here
    clock = ServerClock(redis, "a process")
    await clock.begin()
    assert clock.wrong["a"] == 5_000
    assert clock.wrong.keys() <= {"a", "c"}
    assert read_wrong_clocks({b"\xff": f"1 {later}".encode()}) == {"\N{REPLACEMENT CHARACTER}": 1}
