"""The sweep after deleted tenants, in a store of any size and with gateways that do the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fixtures.every_server import names_in
from rulemint_gateway.stores.writing import deleted_tenants
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

NOTED = redis_keys.DELETED_TENANTS
HOUR_MS = 3_600_000
LONG = 50
"""More passes than any walk here takes."""


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
def short_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each pass takes one name, as if the store were so large."""
    monkeypatch.setattr(deleted_tenants, "PASS_S", 0.0)


async def leave(redis: RedisClient, tenant: str) -> None:
    """What comes late: of its traffic, an idempotent call, and of its configuration."""
    for number in range(5):
        await redis.set(redis_keys.rule_storage(tenant, f"rul_{number}"), "left")
    await redis.set(redis_keys.idempotent(tenant, "abc"), "left")
    await redis.hset(redis_keys.clients(tenant), "late", "left")  # type: ignore[misc]  # redis-py's stub is not async here


async def test_one_pass_deletes_what_all_have_and_nothing_of_others(redis: RedisClient) -> None:
    await leave(redis, "stays")
    others = set(await names_in(redis))
    for number in range(30):
        await leave(redis, f"gone-{number}")
        await redis.zadd(NOTED, {f"gone-{number}": unix_ms()})
    await DeletedTenants(redis).clear()
    assert set(await names_in(redis)) == {*others, NOTED.encode()}
    assert await redis.zcard(NOTED) == 30  # their names are not free yet


async def test_a_tenant_whose_name_is_a_part_of_anothers_is_deleted_alone(redis: RedisClient) -> None:
    await leave(redis, "gone-too")
    others = set(await names_in(redis))
    await leave(redis, "gone")
    await redis.zadd(NOTED, {"gone": unix_ms() - HOUR_MS})
    await DeletedTenants(redis).clear()
    assert set(await names_in(redis)) == others


@pytest.mark.usefixtures("short_passes")
async def test_a_walk_goes_on_where_the_pass_before_stopped(redis: RedisClient) -> None:
    await leave(redis, "stays")
    others = set(await names_in(redis))
    for tenant in ("first", "second"):
        await leave(redis, tenant)
        await redis.zadd(NOTED, {tenant: unix_ms() - HOUR_MS})
    deleted = DeletedTenants(redis)
    names = len(await names_in(redis))
    for _ in range(names + 1):
        await deleted.clear()
    assert set(await names_in(redis)) == others


@pytest.mark.usefixtures("short_passes")
async def test_a_tenant_that_is_made_anew_during_a_walk_keeps_all(redis: RedisClient) -> None:
    await leave(redis, "again")
    await redis.zadd(NOTED, {"again": unix_ms() - HOUR_MS})
    slow = DeletedTenants(redis)
    await slow.clear()
    await redis.delete(NOTED)  # another gateway was faster
    await leave(redis, "again")
    made = set(await names_in(redis))
    for _ in range(len(made) + 1):
        await slow.clear()
    assert set(await names_in(redis)) == made


@pytest.mark.usefixtures("short_passes")
async def test_a_name_that_was_deleted_again_during_a_walk_is_not_free_at_its_end(redis: RedisClient) -> None:
    await leave(redis, "again")
    await redis.zadd(NOTED, {"again": unix_ms() - HOUR_MS})
    slow = DeletedTenants(redis)
    await slow.clear()
    await redis.zadd(NOTED, {"again": unix_ms()})
    for _ in range(LONG):
        await slow.clear()
    assert await slow.settles_in_s("again") > 0
    assert await names_in(redis) == [NOTED.encode()]


async def test_nothing_is_looked_for_between_the_first_seconds_and_the_time_when_a_tenant_has_settled(
    redis: RedisClient,
) -> None:
    noted_ms = unix_ms() - (deleted_tenants.LATE_S + 5) * 1_000
    await leave(redis, "gone")
    await redis.zadd(NOTED, {"gone": noted_ms})
    deleted, before = DeletedTenants(redis), set(await names_in(redis))
    await deleted.clear()
    assert set(await names_in(redis)) == before
    await redis.zadd(NOTED, {"gone": noted_ms - deleted_tenants.SETTLE_S * 1_000})
    await deleted.clear()
    assert await names_in(redis) == []
