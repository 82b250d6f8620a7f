from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from rulemint_gateway.stores.exchange_store import ExchangeStore
from rulemint_shared import ids, keys
from rulemint_shared.background import cancel
from rulemint_shared.deadline import unix_ms
from rulemint_shared.exchanges import ExchangeRecord
from rulemint_shared.redis_connection import open_redis


def a_record(tenant: str = "default") -> ExchangeRecord:
    return ExchangeRecord(
        id=ids.new_exchange_id(), tenant=tenant, started_at_ms=unix_ms(), status=200, outcome="granted"
    )


@pytest.fixture
async def store(empty_redis_url: str) -> AsyncIterator[ExchangeStore]:
    async with open_redis(empty_redis_url) as redis:
        opened = ExchangeStore(redis, kept_per_tenant=100)
        task = asyncio.create_task(opened.write_behind())
        yield opened
        await cancel([task])


async def test_a_record_is_found_by_its_id_before_and_after_it_was_written(
    store: ExchangeStore, empty_redis_url: str
) -> None:
    records = [a_record() for _ in range(50)]
    for record in records:
        store.record(record)
    assert await store.find("default", records[20].id) == records[20]
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        while await redis.xlen(keys.exchanges("default")) < 50:
            await asyncio.sleep(0.01)
        other = ExchangeStore(redis, kept_per_tenant=100)
        for record in records:
            assert await other.find("default", record.id) == record


async def test_a_record_of_one_tenant_is_not_found_by_another(store: ExchangeStore) -> None:
    record = a_record("first")
    store.record(record)
    assert await store.find("second", record.id) is None


async def test_what_is_buffered_at_the_end_is_written(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        store = ExchangeStore(redis, kept_per_tenant=100)
        task = asyncio.create_task(store.write_behind())
        await asyncio.sleep(0)
        store.record(a_record())
        await cancel([task])
        assert await redis.xlen(keys.exchanges("default")) == 1


async def test_the_stream_is_capped(store: ExchangeStore, empty_redis_url: str) -> None:
    for _ in range(1_000):
        store.record(a_record())
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        last = ""
        while last != "0":
            await asyncio.sleep(0.05)
            last = str(len(store._buffer) + len(store._writing))
        assert await redis.xlen(keys.exchanges("default")) < 400


async def test_a_record_that_has_no_bytes_costs_itself_only(store: ExchangeStore, empty_redis_url: str) -> None:
    store.record(msgspec.structs.replace(a_record(), parameters={"x": 2**70}))
    record = a_record()
    store.record(record)
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        while await redis.xlen(keys.exchanges("default")) < 1:
            await asyncio.sleep(0.01)
        other = ExchangeStore(redis, kept_per_tenant=100)
        assert await other.find("default", record.id) == record


async def test_a_tenant_whose_records_are_refused_costs_no_other_tenant_its_own(
    store: ExchangeStore, empty_redis_url: str
) -> None:
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        await redis.set(keys.exchanges("first"), "no stream")
        for tenant in ("first", "second", "first", "second"):
            store.record(a_record(tenant))
        while await redis.xlen(keys.exchanges("second")) < 2:
            await asyncio.sleep(0.01)
        store.record(a_record("third"))
        while await redis.xlen(keys.exchanges("third")) < 1:
            await asyncio.sleep(0.01)
        assert await redis.xlen(keys.exchanges("second")) == 2


async def test_a_malformed_record_is_as_good_as_none(store: ExchangeStore, empty_redis_url: str) -> None:
    record = a_record()
    async with open_redis(empty_redis_url) as redis:
        await redis.xadd(keys.exchanges("default"), {"id": record.id, "record": b"\xc1garbage"})
    assert await store.find("default", record.id) is None
    async with open_redis(empty_redis_url) as redis:
        await redis.xadd(keys.exchanges("default"), {"id": record.id})
    assert await store.find("default", record.id) is None
