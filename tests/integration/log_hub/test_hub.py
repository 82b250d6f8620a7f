from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest

from fixtures.every_server import cut, empty, servers
from fixtures.log_records import a_line, a_writer, write
from fixtures.waiting import eventually
from rulemint_gateway.log_hub.batch import Batch, Event
from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.log_hub.gaps import Cause
from rulemint_gateway.log_hub.history import PAGE_RECORDS
from rulemint_gateway.log_hub.hub import NOW, Beginning, LogHub, TooManyWatchersError
from rulemint_gateway.log_hub.watcher import BUFFERED_RECORDS, Watcher
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.log_records import Level
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber
from rulemint_shared.streams.entries import queue_addition
from rulemint_shared.streams.log_stream import START, Position
from rulemint_shared.streams.sending import send

EVERYTHING = LogFilter()
FROM_THE_START = Beginning(after=START)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
async def hub(empty_redis_url: str) -> AsyncIterator[LogHub]:
    async with open_subscriber(empty_redis_url) as subscriber:
        opened = LogHub(subscriber, max_watchers=6)
        yield opened
        await opened.close()


async def read(watcher: Watcher, count: int) -> list[dict[str, Any]]:
    """The next *count* events; the failure shows those that came instead."""
    events: list[dict[str, Any]] = []
    try:
        async with asyncio.timeout(10):
            while len(events) < count:
                batch = await watcher.next_batch()
                assert batch is not None, events
                events += [json.loads(event.data) for event in batch.events]
    except TimeoutError:
        raise AssertionError(f"{count} events did not come, only {events}") from None
    return events


async def past_of(watcher: Watcher) -> list[dict[str, Any]]:
    """The events up to the end of a watcher that does not follow."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while (batch := await watcher.next_batch()) is not None:
            events += [json.loads(event.data) for event in batch.events]
    return events


async def texts(watcher: Watcher, count: int) -> list[str]:
    return [event["message"] for event in await read(watcher, count)]


def numbers(start: int, end: int) -> list[str]:
    return [str(number) for number in range(start, end)]


async def test_records_reach_every_watcher_of_their_tenant_in_order(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", EVERYTHING) as first, hub.watch("one", EVERYTHING) as second:
        await write(redis, "one", *map(a_line, numbers(0, 100)))
        for watcher in (first, second):
            assert await texts(watcher, 100) == numbers(0, 100)


async def test_records_reach_no_watcher_of_another_tenant(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", EVERYTHING) as one, hub.watch("two", EVERYTHING) as two:
        await write(redis, "one", a_line("for one"))
        await write(redis, "two", a_line("for two"))
        await write(redis, "one", a_line("the end"))
        assert await texts(two, 1) == ["for two"]
        assert await texts(one, 2) == ["for one", "the end"]


async def test_a_watcher_gets_what_its_filter_shows_and_may_change_it(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", LogFilter(level=Level.WARN)) as watcher:
        await write(redis, "one", a_line("hidden"), a_line("shown", level=Level.ERROR))
        assert await texts(watcher, 1) == ["shown"]
        watcher.filter = LogFilter(contains="SEE")
        await write(redis, "one", a_line("hidden", level=Level.ERROR), a_line("to be seen"))
        assert await texts(watcher, 1) == ["to be seen"]


async def test_a_watcher_that_does_not_read_loses_the_oldest_and_slows_nobody(hub: LogHub, redis: RedisClient) -> None:
    lines = numbers(0, BUFFERED_RECORDS + 500)
    async with hub.watch("one", EVERYTHING) as slow, hub.watch("one", EVERYTHING) as quick:
        reading = asyncio.create_task(texts(quick, len(lines)))
        for start in range(0, len(lines), 250):
            await write(redis, "one", *map(a_line, lines[start : start + 250]))
        assert await reading == lines
        dropped, *kept = await read(slow, 1 + BUFFERED_RECORDS)
    assert (dropped["type"], dropped["count"]) == ("dropped", 500)
    assert [event["message"] for event in kept] == lines[500:]


@pytest.fixture
async def small_hub(empty_redis_url: str) -> AsyncIterator[LogHub]:
    """One that has room for 200 kB of each watcher, and 300 kB of a tenant."""
    async with open_subscriber(empty_redis_url) as subscriber:
        opened = LogHub(subscriber, max_watchers=100, watcher_bytes=200_000, tenant_bytes=300_000)
        yield opened
        await opened.close()


async def test_long_lines_are_dropped_by_their_bytes_and_counted(small_hub: LogHub, redis: RedisClient) -> None:
    lines = [f"{number} {'x' * 5_000}" for number in range(300)]
    async with small_hub.watch("one", EVERYTHING) as slow, small_hub.watch("one", EVERYTHING) as quick:
        for start in range(0, len(lines), 10):
            await write(redis, "one", *map(a_line, lines[start : start + 10]))
            assert await texts(quick, 10) == lines[start : start + 10]
        (dropped,) = await read(slow, 1)
        kept = await texts(slow, len(lines) - dropped["count"])
    assert kept == lines[dropped["count"] :]
    assert sum(map(len, kept)) <= 200_000


async def test_watchers_that_do_not_read_hold_what_there_is_room_for_whatever_each_of_them_asked(
    small_hub: LogHub, redis: RedisClient
) -> None:
    """Each has a filter, and so a batch, of its own."""
    lines = [f"{number} {'x' * 5_000}" for number in range(100)]
    async with AsyncExitStack() as stack:
        filters = [LogFilter(contains=text) for text in ("", "x", "xx", "xxx")]
        stalled = [await stack.enter_async_context(small_hub.watch("one", each)) for each in filters]
        last = await stack.enter_async_context(small_hub.watch("one", LogFilter(contains="99 x")))
        for start in range(0, len(lines), 10):
            await write(redis, "one", *map(a_line, lines[start : start + 10]))
        assert await texts(last, 1) == lines[99:]
        room = small_hub._channels["one"].room  # how much it holds, nobody is told
        assert 0 < room.taken_bytes <= 300_000
        for watcher in stalled:
            dropped, *_ = await read(watcher, 1)
            kept = await texts(watcher, len(lines) - dropped["count"])
            assert kept == lines[dropped["count"] :]
        assert room.taken_bytes == 0


@pytest.mark.parametrize("data", [b"", b"\xc1noise", b"\x80", b"x" * 100_000], ids=["empty", "noise", "map", "large"])
async def test_a_malformed_record_is_ignored(hub: LogHub, redis: RedisClient, data: bytes) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await redis.xadd(redis_keys.logs("one"), {"record": data})
        await redis.xadd(redis_keys.logs("one"), {"something": "else"})
        await write(redis, "one", a_line("after it"))
        assert await texts(watcher, 1) == ["after it"]


async def test_what_a_writer_takes_at_once_and_what_it_leaves_come_in_one_order(
    hub: LogHub, redis: RedisClient
) -> None:
    seen: list[str] = []
    at_once = 0

    def take(batch: Batch) -> bool:
        nonlocal at_once
        takes = len(seen) % 3 != 0
        if takes:
            seen.extend(json.loads(event.data)["message"] for event in batch.events)
            at_once += 1
        return takes

    async def take_the_rest(watcher: Watcher) -> None:
        while (batch := await watcher.next_batch()) is not None:
            await asyncio.sleep(0.001)  # it waits for a reader, and batches come meanwhile
            seen.extend(json.loads(event.data)["message"] for event in batch.events)

    async def all_came() -> bool:
        return len(seen) >= 300

    async with hub.watch("one", EVERYTHING) as watcher:
        watcher.hand_to(take)
        taking = asyncio.create_task(take_the_rest(watcher))
        for number in range(300):
            await write(redis, "one", a_line(str(number)))
        await eventually(all_came)
        await cancel([taking])
        assert seen == numbers(0, 300)
        assert at_once
        watcher.offer(Event(None, b"{}"))
        assert len(seen) == 300, "nobody waits, so nothing is handed to the writer"


# ---- the past ----


@pytest.mark.parametrize("count", [3, PAGE_RECORDS, 3 * PAGE_RECORDS + 1])
async def test_live_goes_on_behind_the_history_without_a_gap_or_a_double(
    hub: LogHub, redis: RedisClient, count: int
) -> None:
    """While somebody writes all the time."""
    await write(redis, "one", *map(a_line, numbers(0, count)))

    async def write_on() -> None:
        for number in range(count, count + 500):
            await write(redis, "one", a_line(str(number)))

    writing = asyncio.create_task(write_on())
    async with hub.watch("one", EVERYTHING), hub.watch("one", EVERYTHING, FROM_THE_START) as watcher:
        assert await texts(watcher, count + 500) == numbers(0, count + 500)
    await writing


async def test_a_watcher_may_begin_with_the_last_records_that_its_filter_shows(hub: LogHub, redis: RedisClient) -> None:
    levels = [Level.WARN if number % 700 == 0 else Level.INFO for number in range(1_500)]
    await write(redis, "one", *(a_line(str(number), level=level) for number, level in enumerate(levels)))
    async with hub.watch("one", LogFilter(level=Level.WARN), Beginning(tail=2)) as watcher:
        await write(redis, "one", a_line("hidden"), a_line("live", level=Level.ERROR))
        assert await texts(watcher, 3) == ["700", "1400", "live"]


async def test_a_reader_goes_back_page_by_page_without_a_gap_or_a_double(hub: LogHub, redis: RedisClient) -> None:
    levels = [Level.WARN if number % 3 == 0 else Level.INFO for number in range(1_500)]
    await write(redis, "one", *(a_line(str(number), level=level) for number, level in enumerate(levels)))
    seen: list[str] = []
    before = None
    while True:
        beginning = Beginning(tail=200, before=before, follow=False)
        async with hub.watch("one", LogFilter(level=Level.WARN), beginning) as watcher:
            page = await past_of(watcher)
        if not page:
            break
        assert len(page) <= 200
        seen = [event["message"] for event in page] + seen
        before = Position.parse(page[0]["id"])
    assert seen == [str(number) for number in range(0, 1_500, 3)]


async def test_a_reader_that_ends_before_a_record_hears_what_is_missing_right_before_it(
    hub: LogHub, redis: RedisClient
) -> None:
    await write(redis, "one", *map(a_line, numbers(0, 3)))
    await lose(redis, 7, "3")
    async with hub.watch("one", EVERYTHING, Beginning(after=START, follow=False)) as watcher:
        whole = await past_of(watcher)
    fourth = next(event for event in whole if event.get("message") == "3")
    async with hub.watch("one", EVERYTHING, Beginning(tail=2, before=Position.parse(fourth["id"]))) as watcher:
        page = await past_of(watcher)
    assert [event.get("count", event["message"]) for event in page] == ["1", "2", 7]


async def test_a_watcher_may_begin_at_a_time(hub: LogHub, redis: RedisClient) -> None:
    await write(redis, "one", a_line("before"))
    await asyncio.sleep(0.01)
    since_ms = unix_ms()
    await write(redis, "one", a_line("since"))
    async with hub.watch("one", EVERYTHING, Beginning(after=Position.before(since_ms))) as watcher:
        assert await texts(watcher, 1) == ["since"]


async def test_a_watcher_that_comes_back_goes_on_behind_its_last_record(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await write(redis, "one", *map(a_line, numbers(0, 3)))
        events = await read(watcher, 3)
    async with hub.watch("one", EVERYTHING, Beginning(after=Position.parse(events[1]["id"]), resumes=True)) as again:
        await write(redis, "one", a_line("3"))
        assert await texts(again, 2) == ["2", "3"]


async def test_history_is_bounded_by_number_and_by_age(redis: RedisClient) -> None:
    writer = a_writer(kept=100, age_s=60)
    old = Position(unix_ms() - 120_000, 0)
    await redis.xadd(redis_keys.logs("one"), {"record": b"old"}, id=str(old))
    for _ in range(10):
        await write(redis, "one", *map(a_line, numbers(0, 100)), writer=writer)
    assert 100 <= await redis.xlen(redis_keys.logs("one")) < 300
    assert not await redis.xrange(redis_keys.logs("one"), str(old), str(old))
    assert 0 < await redis.ttl(redis_keys.logs("one")) <= 60


# ---- what breaks, and what ends ----


async def test_a_break_loses_nothing_and_watchers_are_told_of_it(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", EVERYTHING) as one, hub.watch("two", EVERYTHING) as two:
        await cut(redis)
        for tenant, watcher in (("one", one), ("two", two)):
            await write(redis, tenant, *map(a_line, numbers(0, 50)))
            events = await read(watcher, 51)
            assert sorted(event["type"] for event in events) == ["line"] * 50 + ["resumed"]
            assert [event["message"] for event in events if event["type"] == "line"] == numbers(0, 50)


async def test_a_tenant_that_nobody_watches_any_longer_is_not_read(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", EVERYTHING):
        async with hub.watch("one", EVERYTHING):
            await eventually(lambda: readers(redis), lambda count: count == 1)
        assert await readers(redis) == 1
    await eventually(lambda: readers(redis), lambda count: count == 0)
    async with hub.watch("one", EVERYTHING) as again:
        await write(redis, "one", a_line("again"))
        assert await texts(again, 1) == ["again"]


async def test_a_tenant_with_many_watchers_leaves_places_to_the_others(hub: LogHub) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(hub.watch("one", EVERYTHING))
        with pytest.raises(TooManyWatchersError):
            await stack.enter_async_context(hub.watch("one", EVERYTHING))
        await stack.enter_async_context(hub.watch("two", EVERYTHING))


async def test_closing_the_watchers_ends_each_after_what_it_has_not_read(hub: LogHub, redis: RedisClient) -> None:
    async with AsyncExitStack() as stack:
        idle = await stack.enter_async_context(hub.watch("one", EVERYTHING))
        waiting = asyncio.create_task(idle.next_batch())
        other = await stack.enter_async_context(hub.watch("two", EVERYTHING))
        marker = await stack.enter_async_context(hub.watch("two", EVERYTHING))
        await write(redis, "two", a_line("unread"))
        assert await texts(marker, 1) == ["unread"]
        hub.close_watchers()
        async with asyncio.timeout(10):
            assert await waiting is None
            assert await texts(other, 1) == ["unread"]
            assert await other.next_batch() is None


async def readers(redis: RedisClient) -> int:
    """How many connections wait for records."""
    clients = [client for server in await servers(redis) for client in await server.client_list()]
    return sum(client["cmd"] == "xread" and "b" in client["flags"] for client in clients)


# ---- what is missing ----


async def lose(redis: RedisClient, count: int, text: str) -> None:
    """A writer has lost so many records, and then writes one."""
    record = codecs.log_record.encode(a_line(text))
    await send(redis, [a_writer().addition("one", [record], lost=count)])


async def flood(redis: RedisClient, count: int) -> None:
    """The stream keeps the last hundred, and a few more."""
    writer = a_writer(kept=100)
    for start in range(0, count, 500):
        await write(redis, "one", *map(a_line, numbers(start, min(count, start + 500))), writer=writer)


def dropped(events: list[dict[str, Any]]) -> list[tuple[int | None, str]]:
    return [(event["count"], event["cause"]) for event in events if event["type"] == "dropped"]


def lines(events: list[dict[str, Any]]) -> list[str]:
    return [event["message"] for event in events if event["type"] == "line"]


async def until_line(watcher: Watcher, text: str) -> list[dict[str, Any]]:
    """All events up to that line."""
    events: list[dict[str, Any]] = []
    async with asyncio.timeout(10):
        while text not in lines(events):
            batch = await watcher.next_batch()
            assert batch is not None, events
            events += [json.loads(event.data) for event in batch.events]
    return events


async def test_a_watcher_is_told_how_many_records_left_the_stream_before_they_were_read(
    hub: LogHub, redis: RedisClient
) -> None:
    """A flood: the gateway was told of nothing, and a reader got 90,000 of 240,000 lines."""
    async with hub.watch("one", EVERYTHING) as watcher, hub.watch("one", LogFilter(contains="end")) as other:
        await flood(redis, 6_000)
        await write(redis, "one", a_line("the end"))
        events, of_other = await until_line(watcher, "the end"), await until_line(other, "the end")
    missing = sum(count or 0 for count, _cause in dropped(events))
    assert missing + len(lines(events)) == 6_001
    assert missing > 0
    assert {cause for _count, cause in dropped(events)} == {"not_kept"}
    assert dropped(of_other) == dropped(events), "of what was lost nobody knows whether a filter shows it"
    assert hub.missing[Cause.NOT_KEPT] == missing


@pytest.mark.parametrize("beginning", [NOW, FROM_THE_START, Beginning(tail=3)], ids=["live", "history", "tail"])
async def test_a_watcher_is_told_in_its_place_what_a_writer_has_lost(
    hub: LogHub, redis: RedisClient, beginning: Beginning
) -> None:
    async def write_all() -> None:
        await write(redis, "one", a_line("before"))
        await lose(redis, 7, "after")
        await write(redis, "one", a_line("the end"))

    if beginning != NOW:
        await write_all()
    async with hub.watch("one", EVERYTHING, beginning) as watcher:
        if beginning == NOW:
            await write_all()
        events = await until_line(watcher, "the end")
    assert [event["type"] for event in events] == ["line", "dropped", "line", "line"]
    assert dropped(events) == [(7, "not_written")]
    assert events[1]["message"].startswith("7 records were dropped")


async def test_a_watcher_that_comes_back_too_late_is_told_how_many_it_missed(hub: LogHub, redis: RedisClient) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await write(redis, "one", a_line("first"))
        (first,) = await read(watcher, 1)
    await flood(redis, 1_000)
    beginning = Beginning(after=Position.parse(first["id"]), resumes=True)
    async with hub.watch("one", EVERYTHING, beginning) as again:
        events = await until_line(again, "999")
    ((missing, cause),) = dropped(events)
    assert (events[0]["type"], cause) == ("dropped", "not_kept")
    assert lines(events) == numbers(missing or 0, 1_000)
    behind_it = Beginning(after=Position.parse(events[0]["id"]), resumes=True)
    async with hub.watch("one", EVERYTHING, behind_it) as once_more:
        assert dropped(await until_line(once_more, "999")) == [], "what it was told it is not told again"


async def test_a_watcher_that_comes_back_is_told_nothing_if_all_that_it_did_not_have_is_there(
    hub: LogHub, redis: RedisClient
) -> None:
    """The record that it had last has left the stream, and nothing behind it."""
    await write(redis, "one", *map(a_line, numbers(0, 10)))
    events = await all_of(hub, FROM_THE_START)
    await redis.xtrim(redis_keys.logs("one"), minid=events[6]["id"], approximate=False)
    resumed = await all_of(hub, Beginning(after=Position.parse(events[5]["id"]), resumes=True, follow=False))
    assert lines(resumed) == numbers(6, 10)
    assert dropped(resumed) == []


async def all_of(hub: LogHub, beginning: Beginning) -> list[dict[str, Any]]:
    """What a watcher gets that ends with the past."""
    events: list[dict[str, Any]] = []
    async with hub.watch("one", EVERYTHING, msgspec.structs.replace(beginning, follow=False)) as watcher:
        while (batch := await watcher.next_batch()) is not None:
            events += [json.loads(event.data) for event in batch.events]
    return events


@pytest.mark.parametrize(("had", "missing"), [(5, [(5, "not_kept")]), (10, [])])
async def test_a_watcher_that_comes_back_to_an_empty_stream_is_told_how_many_it_missed(
    hub: LogHub, redis: RedisClient, had: int, missing: list[tuple[int, str]]
) -> None:
    await write(redis, "one", *map(a_line, numbers(0, 10)))
    events = await all_of(hub, FROM_THE_START)
    await redis.xtrim(redis_keys.logs("one"), maxlen=0, approximate=False)
    beginning = Beginning(after=Position.parse(events[had - 1]["id"]), resumes=True)
    assert dropped(await all_of(hub, beginning)) == missing
    async with hub.watch("one", EVERYTHING, beginning) as again:
        await write(redis, "one", a_line("live"))
        assert dropped(await until_line(again, "live")) == missing


async def test_records_of_an_older_release_are_not_missing(hub: LogHub, redis: RedisClient) -> None:
    """Their numbers say nothing: each is 0, or counts within its ms."""
    record = codecs.log_record.encode(a_line("old"))
    ms = unix_ms() - 1_000
    places = [Position(ms, 0), Position(ms + 1, 0), Position(ms + 1, 1), Position(ms + 4, 0)]
    for place in places:
        await redis.xadd(redis_keys.logs("one"), {"record": record}, id=str(place))
    async with hub.watch("one", EVERYTHING, Beginning(after=places[0], resumes=True)) as watcher:
        await write(redis, "one", a_line("new"))
        await write(redis, "one", a_line("newer"))
        events = await until_line(watcher, "newer")
    assert lines(events) == ["old", "old", "old", "new", "newer"]
    assert dropped(events) == []
    await redis.xtrim(redis_keys.logs("one"), maxlen=1, approximate=False)
    beginning = Beginning(after=places[2], resumes=True)
    assert dropped(await all_of(hub, beginning)) == [(None, "not_kept")], "some, nobody knows how many"


async def test_a_slow_watcher_s_count_has_what_it_would_have_been_told_was_missing(
    hub: LogHub, redis: RedisClient
) -> None:
    async with hub.watch("one", EVERYTHING) as slow, hub.watch("one", EVERYTHING) as quick:
        await lose(redis, 1_000, "first")
        for start in range(0, BUFFERED_RECORDS, 250):
            await write(redis, "one", *map(a_line, numbers(start, start + 250)))
        await until_line(quick, str(BUFFERED_RECORDS - 1))
        events = await until_line(slow, str(BUFFERED_RECORDS - 1))
    assert dropped(events) == [(1_001, "slow_watcher")]
    assert lines(events) == numbers(0, BUFFERED_RECORDS)


async def break_off(redis: RedisClient) -> None:
    """While the hub waits for a record."""
    await eventually(lambda: readers(redis), lambda count: count == 1)
    await cut(redis)


async def test_after_a_break_nobody_is_told_that_nothing_is_missing_if_it_is_not_so(
    hub: LogHub, redis: RedisClient
) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await write(redis, "one", a_line("before"))
        await until_line(watcher, "before")
        async with redis.pipeline(transaction=True) as pipe:
            pipe.client_kill_filter(_type="normal", skipme=True)
            for start in range(0, 1_000, 500):
                records = [codecs.log_record.encode(a_line(text)) for text in numbers(start, start + 500)]
                queue_addition(pipe, a_writer(kept=100).addition("one", records))
            await pipe.execute()
        events = await until_line(watcher, "999")
    ((missing, _cause),) = dropped(events)
    assert "resumed" not in [event["type"] for event in events]
    assert lines(events) == numbers(missing or 0, 1_000)


async def test_after_a_break_in_which_the_server_lost_its_data_watchers_are_told_so(
    hub: LogHub, redis: RedisClient
) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await write(redis, "one", a_line("before"))
        await until_line(watcher, "before")
        await empty(redis)
        await break_off(redis)
        (told,) = await read(watcher, 1)
        assert (told["type"], told["count"]) == ("dropped", None)
        await write(redis, "one", a_line("after"))
        assert lines(await read(watcher, 1)) == ["after"]


async def test_after_a_break_with_nothing_new_watchers_are_told_that_nothing_is_missing(
    hub: LogHub, redis: RedisClient
) -> None:
    async with hub.watch("one", EVERYTHING) as watcher:
        await write(redis, "one", a_line("before"))
        await until_line(watcher, "before")
        await break_off(redis)
        assert [event["type"] for event in await read(watcher, 1)] == ["resumed"]
