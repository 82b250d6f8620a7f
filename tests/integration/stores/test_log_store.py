from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rulemint_gateway.stores.traffic.log_store import LogStore, Place
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.audit import AuditRecord
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

T = "t"
CALLED = codecs.audit.encode(AuditRecord(at_ms=1, tenant=T, client_id="c"))
ASKED = codecs.exchange.encode(ExchangeRecord(id="exc_1", tenant=T, started_at_ms=1, status=200, outcome="granted"))


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        for place in ("1-0", "1-1", "3-0"):
            await opened.xadd(redis_keys.audit(T), {"record": CALLED}, id=place)
        for place in ("1-0", "2-0"):
            await opened.xadd(redis_keys.exchanges(T), {"id": "exc_1", "record": ASKED}, id=place)
        await opened.xadd(redis_keys.refused_calls(T), {"record": CALLED}, id="1-1")
        yield opened


IN_ORDER = [(1, 0, "a"), (1, 0, "e"), (1, 1, "a"), (1, 1, "r"), (2, 0, "e"), (3, 0, "a")]


async def test_a_checkpoint_goes_through_all_streams_and_leaves_nothing_out(redis: RedisClient) -> None:
    log = LogStore(redis)
    for count in (1, 2, 6, 7):
        seen: list[Place] = []
        while page := await log.after(T, seen[-1] if seen else None, count=count):
            assert len(page) <= count
            seen += [entry.place for entry in page]
        assert seen == IN_ORDER, count


async def test_what_was_written_in_this_very_millisecond_waits(redis: RedisClient) -> None:
    log = LogStore(redis)
    seconds, _microseconds = await redis.time()
    await redis.xadd(redis_keys.audit(T), {"record": CALLED}, id=f"{(seconds + 3_600) * 1_000}-0")
    assert [entry.place for entry in await log.after(T, None, count=100)] == IN_ORDER
    assert await log.total(T) == 7


async def test_pages_are_cut_from_the_whole(redis: RedisClient) -> None:
    log = LogStore(redis)
    for newest_first in (True, False):
        wanted = IN_ORDER[::-1] if newest_first else IN_ORDER
        found = [
            entry.place
            for start in range(0, 8, 2)
            for entry in await log.page(T, start=start, count=2, newest_first=newest_first)
        ]
        assert found == wanted


async def test_an_entry_is_found_by_its_place_or_not_at_all(redis: RedisClient) -> None:
    log = LogStore(redis)
    found = await log.find(T, Place(2, 0, "e"))
    assert found is not None
    assert isinstance(found.record, ExchangeRecord)
    assert await log.find(T, Place(2, 0, "a")) is None


async def test_a_malformed_entry_is_left_out(redis: RedisClient) -> None:
    await redis.xadd(redis_keys.audit(T), {"record": b"nonsense"}, id="4-0")
    entries = await LogStore(redis).after(T, None, count=100)
    assert [entry.place for entry in entries] == IN_ORDER


@pytest.mark.parametrize(("after", "left"), [(Place(1, 0, "a"), 60), (Place(1, 0, "e"), 59), (Place(2, 0, "r"), 58)])
async def test_token_requests_alone_are_read_on_from_any_entry(redis: RedisClient, after: Place, left: int) -> None:
    for number in range(3, 61):
        await redis.xadd(redis_keys.exchanges(T), {"id": "exc_1", "record": ASKED}, id=f"{number}-0")
    places = [place async for place, _record in LogStore(redis).exchanges(T, newest_first=False, after=after)]
    assert len(places) == left
    assert places == sorted(place for place in places if place > after)
    backwards = [place async for place, _record in LogStore(redis).exchanges(T, newest_first=True)]
    assert len(backwards) == 60
    assert backwards == sorted(backwards, reverse=True)


async def test_a_token_request_that_cannot_be_read_is_none_in_its_place(redis: RedisClient) -> None:
    await redis.xadd(redis_keys.exchanges(T), {"record": b"nonsense"}, id="4-0")
    found = [record async for _place, record in LogStore(redis).exchanges(T, newest_first=True)]
    assert [record is None for record in found] == [True, False, False]


async def test_entries_that_cannot_be_read_are_left_out_and_their_neighbours_are_there(redis: RedisClient) -> None:
    log = LogStore(redis)
    bad = [
        (redis_keys.audit(T), "4-0", "a", {"record": b"\xc1garbage"}),
        (redis_keys.exchanges(T), "5-0", "e", {"record": CALLED}),
        (redis_keys.refused_calls(T), "6-0", "r", {"something": "else"}),
    ]
    for stream, place, _letter, fields in bad:
        await redis.xadd(stream, fields, id=place)  # type: ignore[arg-type]  # bytes
    await redis.xadd(redis_keys.audit(T), {"record": CALLED}, id="7-0")
    wanted = [*IN_ORDER, (7, 0, "a")]
    assert [entry.place for entry in await log.after(T, None, count=100)] == wanted
    assert [entry.place for entry in await log.page(T, start=0, count=100, newest_first=False)] == wanted
    for _stream, place, letter, _fields in bad:
        assert await log.find(T, Place(int(place[0]), 0, letter)) is None
