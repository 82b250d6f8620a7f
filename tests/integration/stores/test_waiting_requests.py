"""The token requests that wait for rules, as several gateways say it to one server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rulemint_gateway.stores.traffic.waiting_requests import HOLDS_MS, KEPT_S, WaitingRequests
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.fairness.tenant_quota import TenantQuota
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def test_what_waits_at_each_gateway_is_told_with_the_places_that_there_are(redis: RedisClient) -> None:
    for gateway, waiting in (("g1", 3), ("g2", 1)):
        places = TenantQuota(10)
        for _ in range(waiting):
            places.begin("t")
        places.begin("other")
        await WaitingRequests(redis, places, gateway=gateway).say()
    found = await WaitingRequests(redis, TenantQuota(10), gateway="g3").of_tenant("t")
    assert sorted(found) == [("g1", 3, 5), ("g2", 1, 5)]


async def test_a_tenant_that_waits_no_more_leaves(redis: RedisClient) -> None:
    places = TenantQuota(10)
    waiting = WaitingRequests(redis, places, gateway="g")
    with places.taken("t"):
        await waiting.say()
        assert len(await waiting.of_tenant("t")) == 1
    await waiting.say()
    assert await waiting.of_tenant("t") == []
    assert await redis.exists(redis_keys.waiting_requests("t")) == 0


async def test_what_a_gateway_said_long_ago_and_what_is_nonsense_does_not_count(redis: RedisClient) -> None:
    said = {"gone": f"3 5 {unix_ms() - HOLDS_MS - 1_000}", "nonsense": "many"}
    await redis.hset(redis_keys.waiting_requests("t"), mapping=said)  # type: ignore[misc]  # redis-py's stub is not async here
    assert await WaitingRequests(redis, TenantQuota(10), gateway="g").of_tenant("t") == []


async def test_what_a_gateway_that_ended_had_said_leaves_when_somebody_looks(redis: RedisClient) -> None:
    key, now_ms = redis_keys.waiting_requests("t"), unix_ms()
    said = {
        "gone": f"3 5 {now_ms - KEPT_S * 1_000 - 1_000}",
        "nonsense": "many",
        "late": f"1 5 {now_ms - HOLDS_MS - 1_000}",
    }
    await redis.hset(key, mapping=said)  # type: ignore[misc]  # redis-py's stub is not async here
    await WaitingRequests(redis, TenantQuota(10), gateway="g").of_tenant("t")
    assert await redis.hkeys(key) == [b"late"]  # type: ignore[misc]  # as above


async def test_a_reader_hears_that_nobody_answers() -> None:
    async with open_redis("redis://127.0.0.1:1/0") as away:
        with pytest.raises(StoreUnavailableError):
            await WaitingRequests(away, TenantQuota(10), gateway="g").of_tenant("t")
