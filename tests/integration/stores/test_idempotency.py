from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator

import pytest

from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import CLIENTS, TENANTS
from rulemint_gateway.stores.writing.calls import CALL, Call, Once
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore, TakenOverError
from rulemint_gateway.stores.writing.idempotency import IdempotencyStore, KeptAnswer, KeyInUseError, KeyReusedError
from rulemint_shared.contract.records import Client, Tenant
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.vault import Vault

KEY = ("client", "/api/v2/clients", "key")
ANSWER = KeptAnswer(201, b'{"client_secret":"a plain secret"}', '"etag"')


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
def calls(redis: RedisClient) -> IdempotencyStore:
    return IdempotencyStore(redis, Vault([base64.urlsafe_b64encode(secrets.token_bytes(32))]))


async def begun(calls: IdempotencyStore, body: bytes = b"body") -> Once:
    once = await calls.begin("t", KEY, body)
    assert isinstance(once, Once)
    return once


async def test_the_first_answer_is_found_by_the_same_key_and_body(calls: IdempotencyStore) -> None:
    await calls.answer(await begun(calls), ANSWER)
    assert await calls.begin("t", KEY, b"body") == ANSWER
    with pytest.raises(KeyReusedError):
        await calls.begin("t", KEY, b"another body")
    assert isinstance(await calls.begin("another tenant", KEY, b"body"), Once)
    assert isinstance(await calls.begin("t", ("another client", *KEY[1:]), b"body"), Once)


async def test_neither_answer_nor_body_is_readable_in_redis(calls: IdempotencyStore, redis: RedisClient) -> None:
    once = await begun(calls, b"a body with a plain secret")
    await calls.answer(once, ANSWER)
    stored = await redis.get(once.key)
    assert b"plain secret" not in stored
    assert 0 < await redis.ttl(once.key) <= 86_400


async def test_a_key_is_in_use_until_its_call_was_answered_or_given_up(calls: IdempotencyStore) -> None:
    once = await begun(calls)
    with pytest.raises(KeyInUseError):
        await calls.begin("t", KEY, b"body")
    await calls.give_up(once)
    await begun(calls)


async def test_a_call_whose_key_was_taken_over_writes_nothing(calls: IdempotencyStore, redis: RedisClient) -> None:
    catalog = Catalog(redis)
    await catalog.load()
    store = ConfigStore(redis, catalog)
    late = await begun(calls)
    await redis.delete(late.key)  # it expired
    await begun(calls)
    token = CALL.set(Call(tenant=DEFAULT_TENANT, client_id="c", once=late))

    async def plan() -> Changes[None]:
        changes: Changes[None] = Changes(None)
        changes.put(TENANTS, Tenant(name=DEFAULT_TENANT, issuer="https://iss/"))
        changes.put(CLIENTS, Client(client_id="late", name="late"))
        return changes

    try:
        with pytest.raises(TakenOverError):
            await store.transact(DEFAULT_TENANT, plan)
    finally:
        CALL.reset(token)
    await catalog.load()
    assert not catalog.has_tenant(DEFAULT_TENANT)
