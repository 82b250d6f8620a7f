"""Two gateways and one Valkey: what fails at one counts at the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fixtures.every_server import names_in
from fixtures.waiting import eventually
from rulemint_gateway.limits.failed_authentication import FailedAuthentication, ThrottledBy
from rulemint_gateway.limits.gcra import Buckets, Rate
from rulemint_gateway.limits.shared_buckets import AT_ONCE, SharedBuckets
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

PER_CLIENT, PER_SOURCE = Rate(10, 6), Rate(100, 60)
T, HERE = "default", "192.0.2.1"


@asynccontextmanager
async def a_gateway(url: str) -> AsyncIterator[FailedAuthentication]:
    async with open_redis(url) as redis:
        buckets = Buckets()
        shared = SharedBuckets(redis, buckets)
        sharing = asyncio.create_task(shared.share())
        try:
            yield FailedAuthentication(buckets, shared, per_client=PER_CLIENT, per_source=PER_SOURCE)
        finally:
            await cancel([sharing])


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def bucket_names(redis: RedisClient) -> list[bytes]:
    return await names_in(redis)


async def test_what_fails_at_one_gateway_counts_at_the_other(empty_redis_url: str, redis: RedisClient) -> None:
    async with a_gateway(empty_redis_url) as one, a_gateway(empty_redis_url) as other:
        for _ in range(PER_CLIENT.burst):
            one.client_failed(T, ["c"], HERE)
        assert one.throttled_client(T, ["c"], HERE)
        await eventually(lambda: bucket_names(redis), lambda names: len(names) == 2)
        assert other.throttled_client(T, ["c"], HERE) is None, "it asks nobody before it answers"
        other.client_failed(T, ["c"], HERE)

        async def throttled() -> bool:
            return other.throttled_client(T, ["c"], HERE) is not None

        await eventually(throttled)
        assert other.throttled_client(T, ["c"], "198.51.100.1") is None
        assert other.throttled_client(T, ["another"], HERE) is None


async def test_half_of_the_tries_at_each_gateway_are_all_of_them(empty_redis_url: str, redis: RedisClient) -> None:
    async with a_gateway(empty_redis_url) as one, a_gateway(empty_redis_url) as other:
        for gateway, name in ((one, "a"), (other, "b")):
            for number in range(PER_SOURCE.burst // 2):
                gateway.client_failed(T, [f"{name}{number}"], HERE)
            assert gateway.throttled_source(HERE) is None
        await eventually(lambda: bucket_names(redis), lambda names: len(names) == 1 + PER_SOURCE.burst)
        for gateway in (one, other):
            gateway.client_failed(T, ["once more"], HERE)

        async def throttled_by() -> list[ThrottledBy | None]:
            found = [gateway.throttled_source(HERE) for gateway in (one, other)]
            return [each and each.by for each in found]

        await eventually(throttled_by, lambda found: found == [ThrottledBy.SOURCE, ThrottledBy.SOURCE])


async def test_buckets_leave_by_themselves_and_name_nobody(empty_redis_url: str, redis: RedisClient) -> None:
    async with a_gateway(empty_redis_url) as gateway:
        gateway.client_failed(T, ["a client"], HERE)
        names = await eventually(lambda: bucket_names(redis), lambda found: len(found) == 2)
    lives_ms = [await redis.pttl(name) for name in names]
    assert 0 < min(lives_ms) <= PER_SOURCE.interval_s * 1000 < max(lives_ms) <= PER_CLIENT.interval_s * 1000
    assert all(HERE.encode() not in name and b"client" not in name for name in names)


async def test_more_buckets_than_one_script_takes_are_told_in_turns(empty_redis_url: str, redis: RedisClient) -> None:
    async with a_gateway(empty_redis_url) as gateway:
        for number in range(AT_ONCE + 50):
            gateway.client_failed(T, ["c"], f"192.0.2.{number}")
        await eventually(lambda: bucket_names(redis), lambda found: len(found) == 2 * (AT_ONCE + 50))


async def test_without_redis_a_gateway_goes_on_by_itself(tmp_path: object) -> None:
    buckets = Buckets()
    redis = RedisClient(unix_socket_path=f"{tmp_path}/nobody")
    shared = SharedBuckets(redis, buckets)
    gateway = FailedAuthentication(buckets, shared, per_client=PER_CLIENT, per_source=PER_SOURCE)
    sharing = asyncio.create_task(shared.share())
    try:
        for _ in range(PER_CLIENT.burst):
            assert gateway.throttled_client(T, ["c"], HERE) is None
            gateway.client_failed(T, ["c"], HERE)
            await asyncio.sleep(0)
        assert gateway.throttled_client(T, ["c"], HERE)
        assert not sharing.done()
    finally:
        await cancel([sharing])
        await redis.aclose()
