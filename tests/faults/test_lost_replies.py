"""What is written to a stream when the reply to it is lost: it stands there once, and nothing is missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from fixtures.log_records import a_line, a_writer, write
from fixtures.valkey_servers import Server, a_server
from fixtures.waiting import eventually
from fixtures.wires import Wire, a_wire
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.writing.calls import Call
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.streams.log_publisher import LogPublisher
from rulemint_shared.streams.log_stream import RECORD_FIELD, Position

T = "default"
WRITES = b"EVALSHA"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("servers") / "a") as made:
        yield made


@pytest.fixture
async def wire(server: Server) -> AsyncIterator[Wire]:
    async with a_wire(server.port) as made:
        yield made


@pytest.fixture
async def direct(server: Server) -> AsyncIterator[RedisClient]:
    """What stands on the server, asked of itself; it knows the script that writes."""
    async with open_redis(server.url) as redis:
        await redis.flushall()
        await write(redis, "another", a_line("before"))
        yield redis


@asynccontextmanager
async def over(wire: Wire) -> AsyncIterator[RedisClient]:
    async with open_redis(f"redis://127.0.0.1:{wire.port}") as redis:
        yield redis


async def has(redis: RedisClient, stream: str, count: int) -> None:
    async def length() -> int:
        return int(await redis.xlen(stream))

    await eventually(length, lambda seen: seen >= count)


@pytest.mark.parametrize("lost", [WRITES, b"EVAL\r"], ids=["by name", "with its text"])
async def test_lines_stand_in_the_log_once(wire: Wire, direct: RedisClient, lost: bytes) -> None:
    if lost != WRITES:
        await direct.script_flush()
    async with over(wire) as redis:
        publisher = LogPublisher(redis, a_writer())
        running = asyncio.create_task(publisher.run())
        try:
            wire.lose_the_reply_to(lost)
            for number in range(3):
                publisher.publish(T, a_line(str(number)))
            await has(direct, redis_keys.logs(T), 3)
            publisher.publish(T, a_line("the end"))
            await has(direct, redis_keys.logs(T), 4)
        finally:
            await cancel([running])
    assert wire.lost_replies == 1
    entries = await direct.xrange(redis_keys.logs(T))
    messages = [codecs.log_record.decode(fields[RECORD_FIELD]).message for _id, fields in entries]  # type: ignore[union-attr]  # redis-py's stub knows no more
    assert messages == ["0", "1", "2", "the end"]
    assert [Position.parse(name.decode()).number for name, _fields in entries] == [1, 2, 3, 4]


async def test_a_token_request_has_one_record_and_counts_once(wire: Wire, direct: RedisClient) -> None:
    def a_record(status: int) -> ExchangeRecord:
        return ExchangeRecord(
            id=ids.new_exchange_id(), tenant=T, started_at_ms=unix_ms(), status=status, outcome="granted"
        )

    granted, refused, last = a_record(200), a_record(401), a_record(200)
    async with over(wire) as redis:
        store = ExchangeStore(redis, kept_per_tenant=100)
        running = asyncio.create_task(store.write_behind())
        try:
            wire.lose_the_reply_to(WRITES)
            store.record(granted)
            store.refuse(T, "192.0.2.1", lambda: refused)
            await has(direct, redis_keys.exchanges(T), 1)
            store.record(last)
            await has(direct, redis_keys.exchanges(T), 2)
        finally:
            await cancel([running])
    assert wire.lost_replies == 1
    assert [fields[b"id"].decode() for _id, fields in await direct.xrange(redis_keys.exchanges(T))] == [
        granted.id,
        last.id,
    ]
    assert [fields[b"id"].decode() for _id, fields in await direct.xrange(redis_keys.refused_requests(T))] == [
        refused.id
    ]
    assert [int(count) for count in await direct.hvals(redis_keys.tokens_per_day(T))] == [2]  # type: ignore[misc]  # redis-py's stub is not async here


async def test_a_refused_call_is_told_once(wire: Wire, direct: RedisClient) -> None:
    call = Call(
        tenant=T, client_id="robot", client_name="robot", ip="192.0.2.1", user_agent="", method="POST", path="/"
    )
    async with over(wire) as redis:
        refused = RefusedCalls(redis, kept_per_tenant=100)
        wire.lose_the_reply_to(WRITES)
        await asyncio.gather(*(refused.record(call, status=400, error=str(number)) for number in range(5)))
    assert wire.lost_replies == 1
    entries = await direct.xrange(redis_keys.refused_calls(T))
    assert [codecs.audit.decode(fields[b"record"]).error for _id, fields in entries] == list("01234")
