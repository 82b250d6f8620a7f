"""What a gateway reads that has missed changes: those alone if the change log has them, else everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from fixtures.every_server import cut, empty, names_in
from rulemint_gateway.stores.catalog import change_log
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import (
    CLIENT_GRANTS,
    CLIENTS,
    RESOURCE_SERVERS,
    RULES,
    SIGNING_KEYS,
    TENANTS,
)
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.config_changes import ConfigChange
from rulemint_shared.contract.records import (
    Client,
    ClientGrant,
    ResourceServer,
    Rule,
    SigningAlgorithm,
    SigningKey,
    Tenant,
)
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.redis.subscription import Subscriber

T = DEFAULT_TENANT
UNANNOUNCED = "unannounced"
"""A client that is in Redis, of which no change says so: seen only by who reads everything."""


class Two:
    """A gateway that writes, and another one that has missed what was written since it was made."""

    def __init__(self, redis: RedisClient, writer: Catalog, other: Catalog, subscriber: Subscriber) -> None:
        self.redis = redis
        self.other = other
        self._writer = writer
        self._store = ConfigStore(redis, writer)
        self.subscriber = subscriber

    @property
    def revision(self) -> int:
        """Of the last write."""
        return self._writer.revision

    async def write(self, *clients: str) -> None:
        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            for name in clients:
                changes.put(CLIENTS, Client(client_id=name, name=name))
            return changes

        await self._store.transact(T, plan)

    async def delete(self, client: str) -> None:
        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.delete(CLIENTS, client)
            return changes

        await self._store.transact(T, plan)

    async def put(self, table: Any, record: Any) -> None:
        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.put(table, record)
            return changes

        await self._store.transact(T, plan)

    async def write_unannounced(self) -> None:
        data = codecs.client.encode(Client(client_id=UNANNOUNCED, name=UNANNOUNCED))
        await self.redis.hset(redis_keys.clients(T), UNANNOUNCED, data)  # type: ignore[arg-type,misc]  # bytes

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Catalog]:
        """The other one, which has caught up and follows."""
        task = asyncio.create_task(self.other.keep_fresh(self.subscriber))
        try:
            await self.other.wait_for(self._writer.revision)
            yield self.other
        finally:
            await cancel([task])


@pytest.fixture
async def two(empty_redis_url: str) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(open_redis(empty_redis_url))
        subscriber = await stack.enter_async_context(open_subscriber(empty_redis_url))
        writer, other = Catalog(redis), Catalog(redis)
        await writer.load()
        task = asyncio.create_task(writer.keep_fresh(subscriber))
        stack.push_async_callback(cancel, [task])
        made = Two(redis, writer, other, subscriber)
        await made.put(TENANTS, Tenant(name=T, issuer="https://iss/"))
        await made.write("gone", "changed")
        await other.load()
        yield made


async def test_who_missed_changes_reads_those_alone(two: Two) -> None:
    await two.write_unannounced()
    await two.write("new")
    await two.delete("gone")
    await two.put(CLIENTS, Client(client_id="changed", name="changed since"))
    await two.put(CLIENT_GRANTS, ClientGrant(id="cgr_1", client_id="new", audience="https://api/"))
    await two.put(TENANTS, Tenant(name=T, issuer="https://moved/"))
    async with two.following() as catalog:
        config = catalog.tenant(T)
        assert set(config.clients) == {"new", "changed"}
        assert config.clients["changed"].name == "changed since"
        assert config.grant("new", "https://api/") is not None
        assert config.tenant.issuer == "https://moved/"


async def test_who_missed_nothing_reads_nothing(two: Two) -> None:
    await two.write_unannounced()
    async with two.following() as catalog:
        await two.write("new")
        await catalog.wait_for(catalog.revision)
        assert UNANNOUNCED not in catalog.tenant(T).clients


async def test_a_subscription_that_was_lost_costs_what_was_missed(two: Two) -> None:
    async with two.following() as catalog:
        await two.write_unannounced()
        await cut(two.redis, "pubsub")
        await two.write("while it was lost")
        await catalog.wait_for(two._writer.revision)  # the revision of that write
        assert set(catalog.tenant(T).clients) == {"gone", "changed", "while it was lost"}


async def unlogged(two: Two) -> None:
    """As an older gateway writes, or an operator by hand."""
    await two.redis.incr(redis_keys.REVISION)
    await two.write("later")


async def too_many(two: Two) -> None:
    await two.write(*(f"client {number}" for number in range(change_log.MOST_RECORDS + 1)))
    await two.write("later")


async def damaged_entry(two: Two) -> None:
    await two.write("lost")
    await two.redis.lset(redis_keys.CHANGE_LOG, 0, b"\xc1")  # type: ignore[misc,arg-type]  # redis-py's stub
    await two.write("later")


async def another_type(two: Two) -> None:
    await two.write("lost")
    await two.redis.set(redis_keys.CHANGE_LOG, "x")
    await two.write("later")


async def no_log(two: Two) -> None:
    await two.write("later")
    await two.redis.delete(redis_keys.CHANGE_LOG)


async def another_era(two: Two) -> None:
    """Somebody has set the revision."""
    await two.write("later")
    entries = await two.redis.lrange(redis_keys.CHANGE_LOG, 0, -1)  # type: ignore[misc]  # redis-py's stub is not async here
    stored = int(await two.redis.get(redis_keys.REVISION))
    other = ConfigChange(revision=stored + 500, tenant=T, records=[])
    await two.redis.lset(redis_keys.CHANGE_LOG, 0, codecs.config_change.encode(other))  # type: ignore[misc,arg-type]  # as above
    assert entries


@pytest.mark.parametrize("spoil", [unlogged, too_many, damaged_entry, another_type, no_log, another_era])
async def test_where_the_log_does_not_say_what_was_missed_everything_is_read(
    two: Two, spoil: Callable[[Two], Any]
) -> None:
    await two.write_unannounced()
    await spoil(two)
    async with two.following() as catalog:
        assert {UNANNOUNCED, "later"} <= set(catalog.tenant(T).clients)
        await two.write("after that")
        await catalog.wait_for(two._writer.revision)  # as above
        assert "after that" in catalog.tenant(T).clients


async def test_a_change_of_very_many_records_is_followed_by_who_hears_of_it(two: Two) -> None:
    async with two.following() as catalog:
        names = [f"client {number}" for number in range(change_log.MOST_RECORDS + 1)]
        await two.write(*names)
        await catalog.wait_for(two._writer.revision)  # as above
        assert set(catalog.tenant(T).clients) == {"gone", "changed", *names}


async def test_the_log_keeps_ten_thousand_changes(two: Two) -> None:
    await two.redis.rpush(redis_keys.CHANGE_LOG, *["older"] * change_log.KEPT)  # type: ignore[misc]  # as above
    await two.write("new")
    assert await two.redis.llen(redis_keys.CHANGE_LOG) == change_log.KEPT  # type: ignore[misc]  # as above
    newest = codecs.config_change.decode(await two.redis.lindex(redis_keys.CHANGE_LOG, 0))  # type: ignore[misc]  # as above
    assert [changed.id for changed in newest.records] == ["new"]


async def test_a_rule_that_is_damaged_in_a_gap_is_known_to_be_unreadable(two: Two) -> None:
    await two.put(RULES, Rule(id="rul_1", name="refuses"))
    await two.redis.hset(redis_keys.rules(T), "rul_1", b"\xc1")  # type: ignore[arg-type,misc]  # bytes
    async with two.following() as catalog:
        assert catalog.tenant(T).unreadable_rules == {"rul_1"}


async def test_rules_whose_key_is_of_another_type_are_unreadable(two: Two) -> None:
    await two.put(RULES, Rule(id="rul_1", name="refuses"))
    await two.redis.set(redis_keys.rules(T), "x")
    async with two.following() as catalog:
        assert catalog.tenant(T).unreadable_rules
    await two.other.load()
    assert two.other.tenant(T).unreadable_rules


async def test_what_is_read_again_is_served_as_it_was_until_all_is_read_and_then_as_it_is(two: Two) -> None:
    names = [f"client {number}" for number in range(2_000)]
    await two.write(*names)
    await two.put(RULES, Rule(id="rul_1", name="damaged since"))
    await two.other.load()
    config = two.other.tenant(T)
    before = dict(config.clients)
    await two.write("new", "changed too")
    await two.delete("gone")
    await two.put(TENANTS, Tenant(name="another", issuer="https://another/"))
    await two.redis.hset(redis_keys.rules(T), "rul_1", b"\xc1")  # type: ignore[arg-type,misc]  # bytes
    reading = asyncio.create_task(two.other.load())
    turns = 0
    while not reading.done():
        assert dict(two.other.tenant(T).clients) == before
        assert not two.other.has_tenant("another")
        await asyncio.sleep(0)
        turns += 1
        if turns > 10_000:
            break
    await reading
    assert turns > 10
    assert set(config.clients) == {"changed", "new", "changed too", *names}
    assert config.unreadable_rules == {"rul_1"}
    assert not config.rules
    assert two.other.has_tenant("another")
    listed = (await config.clients.order()).select({})
    assert set(listed.ids(0, 10_000)) == set(config.clients)


async def test_a_rule_that_was_damaged_is_read_when_it_is_mended_or_gone(two: Two) -> None:
    for rule in ("mended", "gone"):
        await two.redis.hset(redis_keys.rules(T), rule, b"\xc1")  # type: ignore[arg-type,misc]  # bytes
    await two.other.load()
    assert two.other.tenant(T).unreadable_rules == {"mended", "gone"}
    mended = codecs.rule.encode(Rule(id="mended", name="mended"))
    await two.redis.hset(redis_keys.rules(T), "mended", mended)  # type: ignore[arg-type,misc]  # as above
    await two.redis.hdel(redis_keys.rules(T), "gone")  # type: ignore[misc]  # as above
    await two.other.load()
    assert not two.other.tenant(T).unreadable_rules
    assert set(two.other.tenant(T).rules) == {"mended"}


async def test_what_a_server_that_was_emptied_had_is_gone(two: Two) -> None:
    await empty(two.redis)
    await two.other.load()
    assert not two.other.is_configured


async def test_a_tenant_whose_clients_are_all_gone_has_none(two: Two) -> None:
    await two.redis.delete(redis_keys.clients(T))
    await two.other.load()
    assert not dict(two.other.tenant(T).clients)


async def test_a_change_that_was_lost_with_its_server_is_forgotten(two: Two) -> None:
    """The server that took over has counted another change by its number."""
    async with two.following() as catalog:
        dumped = {key: await two.redis.dump(key) for key in await names_in(two.redis)}
        await two.write("lost")
        await catalog.wait_for(two.revision)
        for key in await names_in(two.redis):
            await two.redis.delete(key)
        for key, value in dumped.items():
            await two.redis.restore(key, 0, value)
        async with another_gateway(two) as third:
            await third.transact(T, writing("kept"))
        async with asyncio.timeout(10):
            while set(catalog.tenant(T).clients) != {"gone", "changed", "kept"}:
                await asyncio.sleep(0.01)


def writing(name: str) -> Callable[[], Any]:
    async def plan() -> Changes[None]:
        changes: Changes[None] = Changes(None)
        changes.put(CLIENTS, Client(client_id=name, name=name))
        return changes

    return plan


@asynccontextmanager
async def another_gateway(two: Two) -> AsyncIterator[ConfigStore]:
    catalog = Catalog(two.redis)
    await catalog.load()
    task = asyncio.create_task(catalog.keep_fresh(two.subscriber))
    try:
        yield ConfigStore(two.redis, catalog)
    finally:
        await cancel([task])


async def test_who_has_missed_more_than_is_kept_reads_everything(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_log, "KEPT", 2)
    await two.write_unannounced()
    for name in ("a", "b", "later"):
        await two.write(name)
    assert await two.redis.llen(redis_keys.CHANGE_LOG) == 2  # type: ignore[misc]  # as above
    async with two.following() as catalog:
        assert {UNANNOUNCED, "a", "later"} <= set(catalog.tenant(T).clients)


OLD = Tenant(name="again", issuer="https://again/", created_at_ms=1)
NEW = Tenant(name="again", issuer="https://again/", created_at_ms=2)


async def make(two: Two, tenant: Tenant, client: str) -> None:
    """*tenant* with *client*, and with an API whose id is the same in every tenant of that name."""
    async with another_gateway(two) as store:

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.put(TENANTS, tenant)
            changes.put(RESOURCE_SERVERS, ResourceServer(id="api", identifier="https://api/", name="api"))
            changes.put(CLIENTS, Client(client_id=client, name=client))
            changes.put(SIGNING_KEYS, signing_key(client))
            return changes

        await store.transact(tenant.name, plan)


def signing_key(kid: str) -> SigningKey:
    return SigningKey(kid=kid, algorithm=SigningAlgorithm.RS256, private_pem=b"", public_jwk={}, created_at_ms=1)


async def put_late(two: Two) -> None:
    """A change of the old tenant's API, before it is deleted."""
    async with another_gateway(two) as store:

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.put(RESOURCE_SERVERS, ResourceServer(id="api", identifier="https://api/", name="changed"))
            return changes

        await store.transact(OLD.name, plan)


async def delete_tenant(two: Two) -> None:
    """Its name is free at once, as it is in truth after five minutes."""
    async with another_gateway(two) as store:

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.delete(TENANTS, OLD.name)
            return changes

        await store.transact(OLD.name, plan)
    await two.redis.delete(redis_keys.DELETED_TENANTS)


async def nothing(_two: Two) -> None:
    """The log has all."""


@pytest.mark.parametrize("spoil", [nothing, too_many])
async def test_who_missed_that_a_tenant_was_deleted_and_made_anew_keeps_nothing_of_the_old_one(
    two: Two, spoil: Callable[[Two], Any]
) -> None:
    await make(two, OLD, "old")
    await two.redis.hset(redis_keys.signing_keys(OLD.name), "damaged", b"\xc1")  # type: ignore[arg-type,misc]  # bytes
    await two.other.load()
    await put_late(two)
    await delete_tenant(two)
    await make(two, NEW, "new")
    await spoil(two)
    async with two.following() as catalog:
        config = catalog.tenant(NEW.name)
        assert set(config.clients) == set(config.signing_keys) == {"new"}
        assert [api.name for api in config.resource_servers.values()] == ["api"]
        assert not config.unreadable_signing_keys
