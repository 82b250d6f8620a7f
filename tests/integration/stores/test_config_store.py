from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest

from fixtures.every_server import cut, names_in
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog, TenantGoneError
from rulemint_gateway.stores.catalog.tables import CLIENTS, RULES, TENANTS
from rulemint_gateway.stores.writing.config_store import (
    WAITING_WRITES_OF_ONE_TENANT,
    Changes,
    ConfigStore,
    StoreBusyError,
)
from rulemint_gateway.stores.writing.deleted_records import MARK_KEPT_S
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.config_changes import ConfigChange
from rulemint_shared.contract.records import Client, Tenant
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.connection import open_redis, open_subscriber

T = DEFAULT_TENANT


@asynccontextmanager
async def a_gateway_s_stores(redis_url: str) -> AsyncIterator[tuple[Catalog, ConfigStore]]:
    """A catalog that follows Redis, and the store that writes through it."""
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(redis_url))
        subscriber = await stack.enter_async_context(open_subscriber(redis_url))
        catalog = Catalog(redis)
        await catalog.load()
        task = asyncio.create_task(catalog.keep_fresh(subscriber))
        try:
            yield catalog, ConfigStore(redis, catalog)
        finally:
            await cancel([task])


@pytest.fixture
async def stores(empty_redis_url: str) -> AsyncIterator[tuple[Catalog, ConfigStore]]:
    async with a_gateway_s_stores(empty_redis_url) as opened:
        catalog, store = opened

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            if not catalog.has_tenant(T):
                changes.put(TENANTS, Tenant(name=T, issuer="https://iss/"))
                changes.put(TENANTS, Tenant(name="flood", issuer="https://flood/"))
            return changes

        await store.transact(T, plan)
        yield catalog, store


def adding(*names: str) -> Changes[None]:
    changes: Changes[None] = Changes(None)
    for name in names:
        changes.put(CLIENTS, Client(client_id=name, name=name))
    return changes


async def until(check: Callable[[], bool]) -> None:
    """Wait, bounded, until *check* is true."""
    async with asyncio.timeout(5):
        while not check():
            await asyncio.sleep(0.01)


async def test_a_write_is_visible_when_it_returns(stores: tuple[Catalog, ConfigStore]) -> None:
    catalog, store = stores

    async def plan() -> Changes[None]:
        return adding("a", "b")

    await store.transact(T, plan)
    assert set(catalog.tenant(T).clients) == {"a", "b"}


async def test_a_write_of_a_tenant_that_is_gone_is_refused_and_writes_nothing(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, store = stores

    async def delete() -> Changes[None]:
        changes: Changes[None] = Changes(None)
        changes.delete(TENANTS, "flood")
        return changes

    await store.transact("flood", delete)
    before = catalog.revision
    with pytest.raises(TenantGoneError, match="there is no tenant flood"):
        await store.transact("flood", adding_one_more("late"))
    assert catalog.revision == before
    async with open_redis(empty_redis_url) as redis:
        assert not await redis.exists(redis_keys.clients("flood"))


async def test_what_a_rule_kept_goes_with_it_and_leaves_a_mark(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    _catalog, store = stores

    async def plan() -> Changes[None]:
        changes: Changes[None] = Changes(None)
        changes.delete(RULES, "gone")
        return changes

    async with open_redis(empty_redis_url) as redis:
        for rule in ("gone", "kept"):
            await redis.set(redis_keys.rule_storage(T, rule), b"1")
            await redis.set(redis_keys.rule_cache(T, rule), b"1")
        await store.transact(T, plan)
        kept = await names_in(redis, redis_keys.rule_storage(T, "*")) + await names_in(
            redis, redis_keys.rule_cache(T, "*")
        )
        assert sorted(kept) == sorted(
            name(T, "kept").encode() for name in (redis_keys.rule_cache, redis_keys.rule_storage)
        )
        assert 0 < await redis.ttl(redis_keys.deleted_rule(T, "gone")) <= MARK_KEPT_S
        assert await redis.zcard(redis_keys.DELETED_RULES) == 0


async def test_every_other_gateway_hears_of_a_write(stores: tuple[Catalog, ConfigStore], empty_redis_url: str) -> None:
    catalog, store = stores
    async with a_gateway_s_stores(empty_redis_url) as (other, _store):

        async def plan() -> Changes[None]:
            return adding("heard")

        await store.transact(T, plan)
        await other.wait_for(catalog.revision)
        assert "heard" in other.tenant(T).clients


async def test_plans_that_collide_run_again_until_each_was_right(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, store = stores
    async with a_gateway_s_stores(empty_redis_url) as (other_catalog, other_store):

        async def count_up(some_catalog: Catalog) -> Changes[None]:
            number = len(some_catalog.tenant(T).clients)
            return adding(f"client {number}")

        await asyncio.gather(
            *(store.transact(T, lambda: count_up(catalog)) for _ in range(10)),
            *(other_store.transact(T, lambda: count_up(other_catalog)) for _ in range(10)),
        )
    assert sorted(catalog.tenant(T).clients) == sorted(f"client {number}" for number in range(20))


async def test_a_change_that_nobody_announced_is_seen_within_seconds(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, _store = stores
    async with open_redis(empty_redis_url) as redis:
        client = Client(client_id="silent", name="silent")
        await redis.hset(redis_keys.clients(T), "silent", codecs.client.encode(client))  # type: ignore[arg-type,misc]  # bytes
        await redis.incr(redis_keys.REVISION)
        await until(lambda: "silent" in catalog.tenant(T).clients)


async def test_a_gap_in_the_revisions_makes_the_catalog_read_everything(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, _store = stores
    async with open_redis(empty_redis_url) as redis:
        client = Client(client_id="missed", name="missed")
        await redis.hset(redis_keys.clients(T), "missed", codecs.client.encode(client))  # type: ignore[arg-type,misc]  # bytes
        await redis.incrby(redis_keys.REVISION, 5)
        change = ConfigChange(revision=catalog.revision + 5, tenant=T, records=[])
        await redis.publish(redis_keys.CHANGES, codecs.config_change.encode(change))
        await until(lambda: "missed" in catalog.tenant(T).clients)


async def test_the_catalog_follows_again_after_its_connection_was_cut(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, store = stores
    async with open_redis(empty_redis_url) as redis:
        await cut(redis, "pubsub")

        async def plan() -> Changes[None]:
            return adding("after the cut")

        await store.transact(T, plan)
    assert "after the cut" in catalog.tenant(T).clients


async def test_malformed_records_and_messages_are_left_out(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, _store = stores
    async with open_redis(empty_redis_url) as redis:
        await redis.publish(redis_keys.CHANGES, b"\xc1garbage")
        await redis.hset(redis_keys.clients(T), "bad", b"\xc1garbage")  # type: ignore[arg-type,misc]  # bytes
        await redis.incr(redis_keys.REVISION)
        before = catalog.revision
        await until(lambda: catalog.revision > before)
    assert "bad" not in catalog.tenant(T).clients


def adding_one_more(name: str) -> Callable[[], Awaitable[Changes[None]]]:
    async def plan() -> Changes[None]:
        return adding(name)

    return plan


async def test_thirty_two_writers_of_one_tenant_make_no_write_of_another_fail(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, store = stores
    async with a_gateway_s_stores(empty_redis_url) as (_catalog, other_store), asyncio.TaskGroup() as flood:
        is_over = asyncio.Event()

        async def keep_writing(into: ConfigStore, name: str) -> None:
            number = 0
            while not is_over.is_set():
                await into.transact("flood", adding_one_more(f"{name}.{number}"))
                number += 1

        for number in range(16):
            flood.create_task(keep_writing(store, f"here {number}"))
            flood.create_task(keep_writing(other_store, f"there {number}"))
        for number in range(30):
            await store.transact(T, adding_one_more(f"honest {number}"))
        is_over.set()
    assert len(catalog.tenant(T).clients) == 30


async def test_at_a_gateway_a_tenant_that_comes_late_is_the_next_to_write(
    stores: tuple[Catalog, ConfigStore],
) -> None:
    _catalog, store = stores
    written: list[str] = []

    def noted(name: str) -> Callable[[], Awaitable[Changes[None]]]:
        async def plan() -> Changes[None]:
            written.append(name)
            return adding(name)

        return plan

    flood = [asyncio.create_task(store.transact("flood", noted(f"flood {number}"))) for number in range(40)]
    await until(lambda: bool(written))
    before = len(written)
    await store.transact(T, noted("honest"))
    await asyncio.gather(*flood)
    assert before < 39
    assert written.index("honest") <= before + 1


async def test_a_tenant_that_has_too_many_writes_waiting_is_told_so_and_others_write(
    stores: tuple[Catalog, ConfigStore],
) -> None:
    _catalog, store = stores
    flood = [
        asyncio.create_task(store.transact("flood", adding_one_more(f"{number}")))
        for number in range(2 * WAITING_WRITES_OF_ONE_TENANT)
    ]
    await asyncio.sleep(0)
    await store.transact(T, adding_one_more("honest"))
    ended = await asyncio.gather(*flood, return_exceptions=True)
    refused = [error for error in ended if error is not None]
    assert refused
    assert all(isinstance(error, StoreBusyError) for error in refused)
    assert ended[:WAITING_WRITES_OF_ONE_TENANT] == [None] * WAITING_WRITES_OF_ONE_TENANT


async def test_a_change_message_that_cannot_be_read_has_everything_read_again(
    stores: tuple[Catalog, ConfigStore], empty_redis_url: str
) -> None:
    catalog, _store = stores
    revision = catalog.revision + 1
    bad = {"revision": revision, "tenant": T, "records": [{"kind": "clients", "id": "new"}, {"kind": 7}]}
    async with open_redis(empty_redis_url) as redis:
        await redis.hset(redis_keys.clients(T), "new", codecs.client.encode(Client(client_id="new", name="new")))  # type: ignore[arg-type,misc]  # bytes
        await redis.set(redis_keys.REVISION, revision)
        await redis.publish(redis_keys.CHANGES, msgspec.msgpack.encode(bad))
        await until(lambda: "new" in catalog.tenant(T).clients)
    assert catalog.revision == revision
