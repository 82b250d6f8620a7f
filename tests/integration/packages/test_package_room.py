"""Package sets in Redis: bounded all together, shared out among tenants, and gone once no rule needs them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import msgspec
import pytest

from rulemint_runner.packages.package_room import MIB, UNUSED_S, KeptPackages, NoPackageRoomError, PackageRoom
from rulemint_runner.packages.package_store import PackageStore
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.records import Language, RuleVersion, Tenant
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as connected:
        yield connected


@pytest.fixture
def store(redis: RedisClient) -> PackageStore:
    return PackageStore(redis, PackageRoom(redis, max_bytes=16 * MIB))


async def put(store: PackageStore, tenant: str, mib: int) -> str:
    return await store.put(os.urandom(mib * MIB), tenant)


async def age(redis: RedisClient, name: str) -> None:
    """As if nobody had asked for the set *name* for long."""
    noted = await redis.hget(redis_keys.PACKAGE_SETS, name)  # type: ignore[misc]  # redis-py's stub is not async here
    entry = msgspec.msgpack.decode(noted, type=KeptPackages)
    aged = msgspec.structs.replace(entry, used_s=unix_ms() // 1000 - UNUSED_S - 60)
    await redis.hset(redis_keys.PACKAGE_SETS, mapping={name: msgspec.msgpack.encode(aged)})  # type: ignore[misc]  # as above


async def name_it(redis: RedisClient, tenant: str, packages: str) -> None:
    """A rule version of *tenant* that uses *packages*."""
    record = Tenant(name=tenant, issuer="https://a.example/")
    await redis.hset(redis_keys.TENANTS, mapping={tenant: codecs.tenant.encode(record)})  # type: ignore[misc]  # as above
    version = RuleVersion(rule_id="r", version=1, script="", language=Language.PYTHON, packages=packages)
    field = redis_keys.rule_version_field("r", 1)
    encoded = {field: codecs.rule_version.encode(version)}
    await redis.hset(redis_keys.rule_versions(tenant), mapping=encoded)  # type: ignore[misc]  # as above


async def test_a_tenant_s_sets_take_as_much_as_they_leave_to_others(store: PackageStore) -> None:
    await put(store, "greedy", 5)
    await put(store, "greedy", 3)
    with pytest.raises(NoPackageRoomError, match="RULEMINT_PACKAGES_MB"):
        await put(store, "greedy", 1)
    await put(store, "modest", 4)
    with pytest.raises(NoPackageRoomError, match="this tenant's packages"):
        await put(store, "modest", 1)
    await put(store, "small", 1)


async def test_what_is_there_already_takes_no_more_room(store: PackageStore) -> None:
    content = os.urandom(6 * MIB)
    assert len({await store.put(content, tenant) for tenant in ("a", "b", "a")}) == 1


async def test_what_no_rule_uses_makes_room_and_what_one_uses_stays(store: PackageStore, redis: RedisClient) -> None:
    used, unused = await put(store, "a", 4), await put(store, "a", 4)
    for name in (used, unused):
        await age(redis, name)
    await name_it(redis, "a", used)
    await put(store, "a", 4)
    assert await redis.exists(redis_keys.packages(used))
    assert not await redis.exists(redis_keys.packages(unused))
    assert not await redis.hexists(redis_keys.PACKAGE_SETS, unused)  # type: ignore[misc]  # as above


async def test_what_somebody_has_just_asked_for_stays_until_its_rule_is_written(
    store: PackageStore, redis: RedisClient
) -> None:
    asked = await put(store, "a", 8)
    await age(redis, asked)
    assert await store.has(asked)
    with pytest.raises(NoPackageRoomError):
        await put(store, "a", 1)
    assert await redis.exists(redis_keys.packages(asked))


async def test_what_cannot_be_read_is_no_reason_to_delete_anything(store: PackageStore, redis: RedisClient) -> None:
    kept = await put(store, "a", 8)
    await age(redis, kept)
    await name_it(redis, "a", kept)
    await redis.hset(redis_keys.rule_versions("a"), mapping={"r@2": b"\xff"})  # type: ignore[misc]  # as above
    with pytest.raises(NoPackageRoomError):
        await put(store, "a", 1)
    assert await redis.exists(redis_keys.packages(kept))


async def test_sets_of_before_there_was_a_list_count_too(store: PackageStore, redis: RedisClient) -> None:
    await redis.set(redis_keys.packages("0" * 64), os.urandom(15 * MIB))
    await name_it(redis, "a", "0" * 64)
    with pytest.raises(NoPackageRoomError, match="no room left"):
        await put(store, "b", 2)
