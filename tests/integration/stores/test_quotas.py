"""Quotas are counted in the transaction that writes: creates at the same time cannot pass together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import CLIENTS, RULE_VERSIONS, RULES, TENANTS
from rulemint_gateway.stores.writing.calls import CALL, Call
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_gateway.stores.writing.record_quotas import QuotaExceededError, Quotas
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Client, Language, Rule, RuleVersion, Tenant
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber

T = DEFAULT_TENANT
SMALL = Quotas(rules=3, clients=5, rule_secrets=4, script_bytes=10_000)
Plan = Callable[[], Awaitable[Changes[None]]]


class Gateway:
    """The stores of one gateway."""

    def __init__(self, redis: RedisClient, catalog: Catalog) -> None:
        self.redis = redis
        self.catalog = catalog
        self.store = ConfigStore(redis, catalog, quotas=SMALL)

    async def put(self, *records: Client | Rule | RuleVersion) -> None:
        await self.store.transact(T, writing(*records))

    async def delete_version(self, version: RuleVersion) -> None:
        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.delete(RULE_VERSIONS, RULE_VERSIONS.id_of(version))
            return changes

        await self.store.transact(T, plan)


def writing(*records: Client | Rule | RuleVersion) -> Plan:
    async def plan() -> Changes[None]:
        changes: Changes[None] = Changes(None)
        for record in records:
            table = CLIENTS if isinstance(record, Client) else RULES if isinstance(record, Rule) else RULE_VERSIONS
            changes.put(table, record)
        return changes

    return plan


def a_client(number: int) -> Client:
    return Client(client_id=f"c{number}", name="c")


def a_rule(number: int, *secrets: str) -> Rule:
    return Rule(id=f"r{number}", name=f"rule {number}", order=number, secret_names=secrets)


def a_version(number: int, characters: int) -> RuleVersion:
    return RuleVersion(rule_id="r1", version=number, script="x" * characters, language=Language.JAVASCRIPT)


@pytest.fixture(autouse=True)
def _a_call() -> Iterator[None]:
    """What a gateway does by itself has no quota."""
    before = CALL.set(Call(tenant=T, client_id="somebody"))
    yield
    CALL.reset(before)


@pytest.fixture
async def gateways(empty_redis_url: str) -> AsyncIterator[list[Gateway]]:
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(2):
            redis = await stack.enter_async_context(open_redis(empty_redis_url))
            subscriber = await stack.enter_async_context(open_subscriber(empty_redis_url))
            catalog = Catalog(redis)
            await catalog.load()
            stack.push_async_callback(cancel, [asyncio.create_task(catalog.keep_fresh(subscriber))])
            opened.append(Gateway(redis, catalog))

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            changes.put(TENANTS, Tenant(name=T, issuer="https://iss/"))
            return changes

        await opened[0].store.transact(T, plan)
        await opened[1].catalog.wait_for(opened[0].catalog.revision)
        yield opened


async def test_creates_at_the_same_time_at_two_gateways_do_not_pass_together(gateways: list[Gateway]) -> None:
    creates = (gateways[number % 2].put(a_client(number)) for number in range(20))
    ended = await asyncio.gather(*creates, return_exceptions=True)
    assert len(gateways[0].catalog.tenant(T).clients) == SMALL.clients
    assert sum(isinstance(error, QuotaExceededError) for error in ended) == 20 - SMALL.clients


async def test_what_there_is_may_be_changed_and_replaced_at_the_limit(gateways: list[Gateway]) -> None:
    one, _other = gateways
    await one.put(*(a_client(number) for number in range(5)))
    await one.put(Client(client_id="c0", name="changed"))

    async def swap() -> Changes[None]:
        changes = await writing(a_client(9))()
        changes.delete(CLIENTS, "c1")
        return changes

    await one.store.transact(T, swap)
    with pytest.raises(QuotaExceededError) as refused:
        await one.put(a_client(10))
    assert (refused.value.limit, refused.value.setting) == ("5", "RULEMINT_MAX_CLIENTS")


async def test_secrets_count_over_all_rules(gateways: list[Gateway]) -> None:
    one, _other = gateways
    await one.put(a_rule(1, "a", "b", "c"))
    with pytest.raises(QuotaExceededError, match="secrets"):
        await one.put(a_rule(2, "a", "b"))
    await one.put(a_rule(1), a_rule(2, "a", "b", "c", "d"))


async def test_the_bytes_of_all_versions_count_and_deleted_ones_do_not(gateways: list[Gateway]) -> None:
    one, other = gateways
    await one.put(a_rule(1), a_version(1, 4_000))
    await one.put(a_version(2, 4_000))
    with pytest.raises(QuotaExceededError, match="of scripts"):
        await other.put(a_version(3, 4_000))
    await other.delete_version(a_version(1, 0))
    await other.put(a_version(3, 4_000))
    stored = await one.redis.hvals(redis_keys.rule_versions(T))  # type: ignore[misc]  # redis-py's stub is not async here
    assert int(await one.redis.get(redis_keys.script_bytes(T))) == sum(map(len, stored))


async def test_versions_from_before_they_were_counted_count(gateways: list[Gateway]) -> None:
    one, _other = gateways
    await one.put(a_rule(1), a_version(1, 4_000), a_version(2, 4_000))
    await one.redis.delete(redis_keys.script_bytes(T))
    with pytest.raises(QuotaExceededError):
        await one.put(a_version(3, 4_000))


async def test_versions_at_the_same_time_do_not_pass_together(gateways: list[Gateway]) -> None:
    await gateways[0].put(a_rule(1))
    creates = (gateways[number % 2].put(a_version(number, 3_000)) for number in range(1, 9))
    ended = await asyncio.gather(*creates, return_exceptions=True)
    assert [type(error) for error in ended if error is not None] == [QuotaExceededError] * 5


async def test_what_a_gateway_does_by_itself_has_no_quota(gateways: list[Gateway]) -> None:
    one, _other = gateways
    await one.put(*(a_client(number) for number in range(5)))
    CALL.set(None)
    await one.put(a_client(5))
    assert len(one.catalog.tenant(T).clients) == 6
