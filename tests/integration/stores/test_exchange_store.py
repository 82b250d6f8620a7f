from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from fixtures.log_records import a_line
from fixtures.waiting import eventually
from rulemint_gateway.stores.traffic.aged_exchanges import AgedExchanges
from rulemint_gateway.stores.traffic.exchange_store import BUFFERED_BYTES, BUFFERED_REFUSALS, MIB, ExchangeStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.streams.entries import StreamBounds


def a_record(tenant: str = "default") -> ExchangeRecord:
    began_ms = unix_ms()
    return ExchangeRecord(
        id=ids.new_exchange_id(began_ms), tenant=tenant, started_at_ms=began_ms, status=200, outcome="granted"
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
        while await redis.xlen(redis_keys.exchanges("default")) < 50:
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
        assert await redis.xlen(redis_keys.exchanges("default")) == 1


async def test_the_stream_is_capped(store: ExchangeStore, empty_redis_url: str) -> None:
    for _ in range(1_000):
        store.record(a_record())
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        last = ""
        while last != "0":
            await asyncio.sleep(0.05)
            last = str(len(store._waiting) + (store._batch is not None))
        assert await redis.xlen(redis_keys.exchanges("default")) < 400


async def test_what_is_too_old_leaves_and_no_stream_expires_with_what_is_not(empty_redis_url: str) -> None:
    stream = redis_keys.exchanges("default")
    async with open_redis(empty_redis_url) as redis:
        for minutes in (61, 59):
            old = f"{unix_ms() - minutes * 60_000}-0"
            await redis.xadd(stream, {"id": "exc_1", "record": codecs.exchange.encode(a_record())}, id=old)
        store = ExchangeStore(redis, kept_per_tenant=100, age_s=3_600)
        task = asyncio.create_task(store.write_behind())
        store.record(a_record())
        await written(store)
        assert await redis.xlen(stream) == 2
        for name in (stream, redis_keys.stream_index(stream)):
            assert await redis.ttl(name) == -1, "an older release would go on writing into it"
        await cancel([task])


async def test_old_records_of_tenants_that_ask_no_more_leave_with_their_index(empty_redis_url: str) -> None:
    tenants = ["default", "old", "without any"]
    bounds = StreamBounds(100, 2**20)
    async with open_redis(empty_redis_url) as redis:
        stream, old = redis_keys.exchanges("default"), redis_keys.refused_requests("old")
        for minutes in (61, 59):
            begun = f"{unix_ms() - minutes * 60_000}-0"
            await redis.xadd(old, {"id": "exc_1", "record": codecs.exchange.encode(a_record())}, id=begun)
        store = ExchangeStore(redis, kept_per_tenant=100, age_s=3_600)
        task = asyncio.create_task(store.write_behind())
        store.record(a_record())
        await written(store)
        await cancel([task])

        async def look(age_s: int) -> list[int]:
            aged = AgedExchanges(redis, lambda: tenants, age_s=age_s, bounds=bounds, refusal_bounds=bounds)
            await aged.look()
            return [await redis.xlen(stream), await redis.xlen(old)]

        assert await look(3_600) == [1, 1]
        assert await redis.exists(redis_keys.stream_index(stream))
        assert await look(-1) == [0, 0]
        assert not await redis.exists(redis_keys.stream_index(stream))
        assert not await redis.keys("*without any*")
        assert (await redis.hget(redis_keys.ledger(stream), "state")).startswith(b"0 ")  # type: ignore[misc]  # redis-py's stub is not async here


@pytest.mark.parametrize("is_idle", [False, True], ids=["by its next record", "of an idle tenant"])
async def test_an_expiry_that_an_older_release_set_is_taken_away(empty_redis_url: str, is_idle: bool) -> None:
    """After a rollback it stands on streams that this release goes on to write: they would go whole one day."""
    stream = redis_keys.exchanges("default")
    names = [stream, redis_keys.ledger(stream), redis_keys.stream_index(stream)]
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        for is_old in (True,) if is_idle else (True, False):
            store = ExchangeStore(redis, kept_per_tenant=100)
            task = asyncio.create_task(store.write_behind())
            store.record(a_record())
            await written(store)
            await cancel([task])
            if is_old:
                assert [await redis.expire(name, 600) for name in names] == [True, True, True]
        if is_idle:
            bounds = StreamBounds(100, MIB)
            aged = AgedExchanges(redis, lambda: ["default"], age_s=3_600, bounds=bounds, refusal_bounds=bounds)
            await aged.look()
        assert [await redis.ttl(name) for name in names] == [-1, -1, -1]


async def test_a_record_that_has_no_bytes_costs_itself_only(store: ExchangeStore, empty_redis_url: str) -> None:
    store.record(msgspec.structs.replace(a_record(), parameters={"x": 2**70}))
    record = a_record()
    store.record(record)
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        while await redis.xlen(redis_keys.exchanges("default")) < 1:
            await asyncio.sleep(0.01)
        other = ExchangeStore(redis, kept_per_tenant=100)
        assert await other.find("default", record.id) == record


async def test_a_tenant_whose_records_are_refused_costs_no_other_tenant_its_own(
    store: ExchangeStore, empty_redis_url: str
) -> None:
    async with open_redis(empty_redis_url) as redis, asyncio.timeout(5):
        await redis.set(redis_keys.exchanges("first"), "no stream")
        for tenant in ("first", "second", "first", "second"):
            store.record(a_record(tenant))
        while await redis.xlen(redis_keys.exchanges("second")) < 2:
            await asyncio.sleep(0.01)
        store.record(a_record("third"))
        while await redis.xlen(redis_keys.exchanges("third")) < 1:
            await asyncio.sleep(0.01)
        assert await redis.xlen(redis_keys.exchanges("second")) == 2


async def test_a_malformed_record_is_as_good_as_none(store: ExchangeStore, empty_redis_url: str) -> None:
    record = a_record()
    async with open_redis(empty_redis_url) as redis:
        await redis.xadd(redis_keys.exchanges("default"), {"id": record.id, "record": b"\xc1garbage"})
    assert await store.find("default", record.id) is None
    async with open_redis(empty_redis_url) as redis:
        await redis.xadd(redis_keys.exchanges("default"), {"id": record.id})
    assert await store.find("default", record.id) is None


# ---- what anybody can have refused ----


def a_refusal(tenant: str = "default") -> ExchangeRecord:
    return msgspec.structs.replace(a_record(tenant), status=401, outcome="refused:invalid_client")


async def written(store: ExchangeStore) -> None:
    """Once nothing waits."""

    async def waiting() -> int:
        return len(store._waiting) + len(store._refused) + (store._batch is not None)

    await eventually(waiting, lambda count: count == 0)


async def test_a_flood_of_refusals_displaces_nothing_and_is_counted(store: ExchangeStore, empty_redis_url: str) -> None:
    granted = [a_record() for _ in range(50)]
    for record in granted[:25]:
        store.record(record)
    refusals = [a_refusal() for _ in range(13_000)]
    for refusal in refusals:
        store.refuse("default", "192.0.2.1", lambda refusal=refusal: refusal)  # type: ignore[misc]  # mypy infers no lambda with a default
    for record in granted[25:]:
        store.record(record)
    await written(store)
    async with open_redis(empty_redis_url) as redis:
        assert await redis.xlen(redis_keys.exchanges("default")) == 50
        assert await redis.xlen(redis_keys.refused_requests("default")) == 100
        for record in granted:
            assert await store.find("default", record.id) == record
    assert await store.find("default", refusals[0].id) == refusals[0]
    assert await store.find("default", refusals[-1].id) is None
    store._keep_refusals(store._sampler.rest())
    await written(store)
    stands_for = await store.find("default", refusals[100].id)
    assert stands_for is not None
    assert stands_for.more_like_it == 13_000 - 101


async def test_while_redis_is_behind_refusals_have_waiting_room_of_their_own(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        store = ExchangeStore(redis, kept_per_tenant=100, refusals_per_source=100_000)
        granted = a_record()
        store.record(granted)
        for _ in range(50_000):
            store.refuse("default", "192.0.2.1", a_refusal)
        assert BUFFERED_REFUSALS * 0.98 <= len(store._refused) <= BUFFERED_REFUSALS
        assert list(store._waiting.of("default")) == [granted]
        assert store.lost == 50_000 - len(store._refused)


async def test_while_redis_is_behind_what_waits_is_bounded_in_bytes(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        store = ExchangeStore(redis, kept_per_tenant=1_000)
        chatty = msgspec.structs.replace(a_record(), lines=[a_line("x" * 8_000)] * 100)
        for _ in range(200):
            store.record(chatty)
        assert sum(len(record.lines) * 8_000 for record in store._waiting.of("default")) <= BUFFERED_BYTES
        assert len(store._waiting) > 50
        task = asyncio.create_task(store.write_behind())
        await written(store)
        assert store._waiting.size == 0
        await cancel([task])


async def test_at_the_end_the_refusals_that_were_counted_are_told(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        store = ExchangeStore(redis, kept_per_tenant=1_000, refusals_per_source=10)
        task = asyncio.create_task(store.write_behind())
        for _ in range(500):
            store.refuse("default", "192.0.2.1", a_refusal)
        await asyncio.sleep(0)
        await cancel([task])
        records = [
            codecs.exchange.decode(fields[b"record"])
            for _id, fields in await redis.xrange(redis_keys.refused_requests("default"))
        ]
        assert len(records) + sum(record.more_like_it for record in records) == 500
        assert len(records) == 11


# ---- bytes ----


async def test_a_chatty_tenant_s_records_take_what_they_may_and_no_more(empty_redis_url: str) -> None:
    async with open_redis(empty_redis_url) as redis:
        store = ExchangeStore(redis, kept_per_tenant=10_000, max_bytes=8 * MIB, record_bytes=512 * 1024)
        task = asyncio.create_task(store.write_behind())
        line = a_line("x" * 200)
        for _ in range(10):
            for _ in range(10):
                store.record(msgspec.structs.replace(a_record("chatty"), lines=[line] * 2_000))
            await written(store)
        last = a_record("chatty")
        store.record(last)
        await written(store)
        used = await redis.memory_usage(redis_keys.exchanges("chatty"), samples=0)
        assert used is not None
        assert 5 * MIB < used < 10 * MIB
        assert await store.find("chatty", last.id) == last
        await cancel([task])


async def test_a_record_that_is_too_large_has_its_first_lines_and_says_what_is_left_out(store: ExchangeStore) -> None:
    record = msgspec.structs.replace(
        a_record(), lines=[a_line(f"{number} " + "x" * 1_000) for number in range(5_000)], lines_left_out=3
    )
    store.record(record)
    await written(store)
    kept = await store.find("default", record.id)
    assert kept is not None
    assert kept.lines == record.lines[: len(kept.lines)]
    assert len(kept.lines) > 500
    assert kept.lines_left_out == 3 + 5_000 - len(kept.lines)
    assert len(codecs.exchange.encode(kept)) <= 2 * MIB
