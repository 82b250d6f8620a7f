"""Log records on their way to their tenants' streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from fixtures.log_records import a_line, a_writer
from fixtures.valkey_servers import Server, a_server
from fixtures.waiting import eventually
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.log_records import LogLine
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.streams.log_publisher import WAITING_RECORDS, LogPublisher
from rulemint_shared.streams.log_stream import RECORD_FIELD, Position


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@asynccontextmanager
async def publishing(redis: RedisClient) -> AsyncIterator[LogPublisher]:
    publisher = LogPublisher(redis, a_writer(kept=100_000))
    running = asyncio.create_task(publisher.run())
    try:
        yield publisher
        assert not running.done()
    finally:
        await cancel([running])


async def written(redis: RedisClient, tenant: str) -> int:
    return int(await redis.xlen(redis_keys.logs(tenant)))


async def stream_of(redis: RedisClient, tenant: str) -> tuple[list[str], int]:
    """What *tenant* wrote, and how many numbers were left free."""
    entries = await redis.xrange(redis_keys.logs(tenant))
    records = [codecs.log_record.decode(fields[RECORD_FIELD]) for _name, fields in entries]
    newest = Position.parse(entries[-1][0].decode()).number
    return [record.message for record in records if isinstance(record, LogLine)], newest - len(entries)


async def test_a_record_that_cannot_travel_and_a_key_of_another_type_cost_nobody_else(redis: RedisClient) -> None:
    await redis.set(redis_keys.logs("broken"), "no stream")
    async with publishing(redis) as publisher:
        publisher.publish("acme", msgspec.structs.replace(a_line(""), message="half a pair: \ud800"))
        for tenant in ("broken", "acme", "broken", "other"):
            publisher.publish(tenant, a_line("one"))
        await eventually(lambda: written(redis, "other"), lambda count: count == 1)
        assert await written(redis, "acme") == 1
        publisher.publish("acme", a_line("two"))
        await eventually(lambda: written(redis, "acme"), lambda count: count == 2)
        assert publisher.lost == 3
    assert await stream_of(redis, "acme") == (["one", "two"], 1), "what could not travel leaves its number free"


async def test_what_waits_at_the_end_is_written(redis: RedisClient) -> None:
    async with publishing(redis) as publisher:
        await asyncio.sleep(0)
        for number in range(1_200):
            publisher.publish("acme", a_line(str(number)))
    assert await stream_of(redis, "acme") == (list(map(str, range(1_200))), 0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with a_server(tmp_path / "valkey") as made:
        yield made


async def test_a_tenant_that_floods_the_log_costs_no_other_tenant_a_line_and_each_of_its_own_is_accounted_for(
    server: Server,
) -> None:
    """While the server hangs: 13 of 41 lines of another tenant were lost, and nobody was told."""
    flood = 3 * WAITING_RECORDS
    async with open_redis(server.url) as redis, publishing(redis) as publisher:
        server.stop()
        try:
            for number in range(flood):
                publisher.publish("loud", a_line(str(number)))
                if number % (flood // 41) == 0 and number // (flood // 41) < 41:
                    publisher.publish("quiet", a_line(str(number // (flood // 41))))
                if number % 1_000 == 0:
                    await asyncio.sleep(0)
        finally:
            server.go_on()
        publisher.publish("loud", a_line("the end"))

        async def last_of_loud() -> list[str]:
            newest = await redis.xrevrange(redis_keys.logs("loud"), count=1)
            return [codecs.log_record.decode(fields[RECORD_FIELD]).message for _name, fields in newest]  # type: ignore[union-attr]  # redis-py's stub knows no more

        await eventually(last_of_loud, lambda texts: texts == ["the end"])
        await eventually(lambda: written(redis, "quiet"), lambda count: count == 41)
        assert await stream_of(redis, "quiet") == (list(map(str, range(41))), 0)
        lines, lost = await stream_of(redis, "loud")
        assert len(lines) + lost == flood + 1
        assert lost == publisher.lost > 0
