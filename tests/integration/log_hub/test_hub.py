from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from arq.connections import ArqRedis

from fixtures.waiting import eventually
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.hub import BUFFERED_RECORDS, LogHub, Watcher
from rulemint_shared import codecs, keys
from rulemint_shared.messages import Level, LogLine
from rulemint_shared.redis_connection import open_redis, open_subscriber

EVERYTHING = LogFilter()


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[ArqRedis]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
async def hub(empty_redis_url: str) -> AsyncIterator[LogHub]:
    async with open_subscriber(empty_redis_url) as subscriber:
        opened = LogHub(subscriber)
        yield opened
        await opened.close()


def a_line(text: str, *, level: Level = Level.INFO) -> LogLine:
    return LogLine(ts_ms=1, invocation="i", client_id="c", rule="r", version=1, level=level, message=text)


async def publish(redis: ArqRedis, tenant: str, *lines: LogLine) -> None:
    async with redis.pipeline(transaction=False) as pipe:
        for line in lines:
            pipe.publish(keys.logs(tenant), codecs.log_record.encode(line))
        await pipe.execute()


async def read(watcher: Watcher, count: int) -> list[dict[str, Any]]:
    """The next *count* records; the failure shows those that came instead."""
    records: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(10):
            while len(records) < count:
                batch = await watcher.next_batch()
                assert batch is not None, records
                records += map(json.loads, batch)
    except TimeoutError:
        raise AssertionError(f"{count} records did not come, only {records}") from None
    return records


async def texts(watcher: Watcher, count: int) -> list[str]:
    return [record["message"] for record in await read(watcher, count)]


async def test_records_reach_every_watcher_of_their_tenant_in_order(hub: LogHub, redis: ArqRedis) -> None:
    async with hub.watch("one", EVERYTHING) as first, hub.watch("one", EVERYTHING) as second:
        await publish(redis, "one", *(a_line(str(number)) for number in range(100)))
        for watcher in (first, second):
            assert await texts(watcher, 100) == [str(number) for number in range(100)]


async def test_records_reach_no_watcher_of_another_tenant(hub: LogHub, redis: ArqRedis) -> None:
    async with hub.watch("one", EVERYTHING) as one, hub.watch("two", EVERYTHING) as two:
        await publish(redis, "one", a_line("for one"))
        await publish(redis, "two", a_line("for two"))
        await publish(redis, "one", a_line("the end"))
        assert await texts(two, 1) == ["for two"]
        assert await texts(one, 2) == ["for one", "the end"]


async def test_a_watcher_gets_what_its_filter_shows(hub: LogHub, redis: ArqRedis) -> None:
    async with hub.watch("one", LogFilter(level=Level.WARN)) as watcher:
        await publish(redis, "one", a_line("hidden"), a_line("shown", level=Level.ERROR))
        assert await texts(watcher, 1) == ["shown"]


async def test_a_watcher_that_does_not_read_loses_the_oldest_and_slows_nobody(hub: LogHub, redis: ArqRedis) -> None:
    lines = [a_line(str(number)) for number in range(BUFFERED_RECORDS + 500)]
    async with hub.watch("one", EVERYTHING) as slow, hub.watch("one", EVERYTHING) as quick:
        reading = asyncio.create_task(texts(quick, len(lines)))
        for start in range(0, len(lines), 250):
            await publish(redis, "one", *lines[start : start + 250])
        assert await reading == [line.message for line in lines]
        dropped, *kept = await read(slow, 1 + BUFFERED_RECORDS)
    assert dropped["count"] == 500
    assert [record["message"] for record in kept] == [line.message for line in lines[500:]]


@pytest.mark.parametrize("data", [b"", b"\xc1noise", b"\x80", b"x" * 100_000], ids=["empty", "noise", "map", "large"])
async def test_a_malformed_message_is_ignored(hub: LogHub, redis: ArqRedis, data: bytes) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await redis.publish(keys.logs("one"), data)
        await publish(redis, "one", a_line("after it"))
        assert await texts(watcher, 1) == ["after it"]


async def test_watchers_hear_again_after_their_connection_was_cut(hub: LogHub, redis: ArqRedis) -> None:
    async with hub.watch("one", EVERYTHING) as one, hub.watch("two", EVERYTHING) as two:
        await redis.client_kill_filter(_type="pubsub")
        for tenant, watcher in (("one", one), ("two", two)):
            await eventually(lambda name=tenant: subscribers(redis, name))  # type: ignore[misc]  # a bound default
            await publish(redis, tenant, a_line(f"for {tenant}"))
            assert await texts(watcher, 1) == [f"for {tenant}"]


async def test_a_tenant_that_nobody_watches_any_longer_is_not_listened_to(hub: LogHub, redis: ArqRedis) -> None:
    async with hub.watch("one", EVERYTHING):
        async with hub.watch("one", EVERYTHING):
            pass
        assert await subscribers(redis, "one") == 1
    await eventually(lambda: subscribers(redis, "one"), lambda count: count == 0)
    async with hub.watch("one", EVERYTHING) as again:
        await publish(redis, "one", a_line("again"))
        assert await texts(again, 1) == ["again"]


async def test_closing_the_watchers_ends_each_after_what_it_has_not_read(hub: LogHub, redis: ArqRedis) -> None:
    async with AsyncExitStack() as stack:
        idle = await stack.enter_async_context(hub.watch("one", EVERYTHING))
        waiting = asyncio.create_task(idle.next_batch())
        other = await stack.enter_async_context(hub.watch("two", EVERYTHING))
        marker = await stack.enter_async_context(hub.watch("two", EVERYTHING))
        await publish(redis, "two", a_line("unread"))
        assert await texts(marker, 1) == ["unread"]
        hub.close_watchers()
        async with asyncio.timeout(10):
            assert await waiting is None
            assert await texts(other, 1) == ["unread"]
            assert await other.next_batch() is None


async def subscribers(redis: ArqRedis, tenant: str) -> int:
    ((_channel, count),) = await redis.pubsub_numsub(keys.logs(tenant))
    return int(count)
