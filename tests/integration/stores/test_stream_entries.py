"""A stream and its ledger on a real server: bounds hold whatever the entries' sizes, however many write."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from fixtures.every_server import servers
from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.streams.adding_script import RUNS
from rulemint_shared.streams.entries import (
    Addition,
    Counts,
    Mark,
    Marks,
    StreamBounds,
    add_entries,
    queue_addition,
)
from rulemint_shared.streams.sending import send

STREAM = redis_keys.exchanges("t")
MIB = 1024 * 1024
WIDE = StreamBounds(entries=1_000_000, bytes=1024 * MIB)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def add(redis: RedisClient, sizes: Sequence[int], bounds: StreamBounds, **more: Any) -> None:
    """One batch of entries, each of so many bytes that nothing makes smaller."""
    entries = [("id", b"x", "record", random.randbytes(size)) for size in sizes]
    async with redis.pipeline(transaction=False) as pipe:
        queue_addition(pipe, Addition(STREAM, entries, bounds, **more))
        await pipe.execute()


async def memory(redis: RedisClient) -> int:
    """What the stream takes of the server."""
    used = await redis.memory_usage(STREAM, samples=0)
    return int(used or 0)


async def ledger(redis: RedisClient) -> dict[str, int]:
    state = await redis.hget(redis_keys.ledger(STREAM), "state")  # type: ignore[misc]  # redis-py's stub is not async here
    return dict(zip(("entries", "bytes", "first", "last"), map(int, state.split()[:4]), strict=True))


async def check(redis: RedisClient, bounds: StreamBounds) -> None:
    """The ledger is the stream's, and the stream is within its bounds."""
    told = await ledger(redis)
    assert told["entries"] == await redis.xlen(STREAM)
    assert told["bytes"] <= bounds.bytes
    assert told["entries"] <= bounds.entries * (1 + 2 / RUNS)
    assert await memory(redis) <= bounds.bytes * 1.25
    assert await redis.hlen(redis_keys.ledger(STREAM)) <= 2 * RUNS + 8  # type: ignore[misc]  # redis-py's stub is not async here


@pytest.mark.parametrize(
    "sizes",
    [[200], [1_000, 1_100, 900], [100_000], [150, 150, 150, 200_000], [40, 5_000, 60_000, 300]],
    ids=["small", "usual", "chatty", "a large one now and then", "of all sizes"],
)
async def test_bytes_are_bounded_whatever_the_entries_sizes(redis: RedisClient, sizes: list[int]) -> None:
    bounds = StreamBounds(entries=100_000, bytes=4 * MIB)
    written = 0
    while written < 3 * bounds.bytes:
        batch = sizes * max(1, 100_000 // sum(sizes))
        await add(redis, batch, bounds)
        written += sum(batch)
    await check(redis, bounds)
    assert await memory(redis) >= bounds.bytes * 0.8, "no more goes than must"


async def test_entries_are_bounded_and_no_more_go_than_must(redis: RedisClient) -> None:
    bounds = StreamBounds(entries=1_000, bytes=64 * MIB)
    for number in range(50):
        await add(redis, [10] * (number + 1), bounds)
        length = await redis.xlen(STREAM)
        assert min(1_000, (number + 1) * (number + 2) // 2) <= length <= 1_000 * (1 + 2 / RUNS)
    await check(redis, bounds)


async def test_the_newest_stay_and_in_their_order(redis: RedisClient) -> None:
    bounds = StreamBounds(entries=100, bytes=MIB)
    for number in range(300):
        async with redis.pipeline(transaction=False) as pipe:
            add_entries(pipe, STREAM, [("n", str(number))], bounds=bounds)
            await pipe.execute()
    found = [int(fields[b"n"]) for _id, fields in await redis.xrange(STREAM)]
    assert found == list(range(300))[-len(found) :]
    assert len(found) >= 100


async def test_an_entry_larger_than_the_stream_may_be_does_not_stay(redis: RedisClient) -> None:
    bounds = StreamBounds(entries=1_000, bytes=MIB)
    await add(redis, [100] * 10, bounds)
    await add(redis, [2 * MIB], bounds)
    await check(redis, bounds)
    await add(redis, [100], bounds)
    assert await redis.xlen(STREAM) == 1


async def test_a_stream_of_an_older_release_is_measured_and_its_oldest_go(redis: RedisClient) -> None:
    """Small ones first, large ones last: their average says little of either."""
    for size in [200] * 3_000 + [20_000] * 400:
        await redis.xadd(STREAM, {"id": b"x", "record": random.randbytes(size)})
    before = await memory(redis)
    assert before > 8 * MIB
    await add(redis, [500], WIDE)
    assert await redis.xlen(STREAM) == 3_401, "within its bounds it keeps all that it has"
    newest = (await redis.xrevrange(STREAM, count=50))[::-1]
    bounds = StreamBounds(entries=100_000, bytes=4 * MIB)
    await add(redis, [500], bounds)
    await check(redis, bounds)
    assert await memory(redis) >= bounds.bytes * 0.6
    assert await redis.xrange(STREAM, newest[0][0], newest[-1][0]) == newest
    for _ in range(100):
        await add(redis, [50_000, 50], bounds)
    await check(redis, bounds)


@pytest.mark.parametrize("by_hand", ["XTRIM", "XADD", "DEL", "the ledger is gone"])
async def test_a_ledger_that_is_not_its_stream_s_is_made_anew(redis: RedisClient, by_hand: str) -> None:
    bounds = StreamBounds(entries=10_000, bytes=4 * MIB)
    await add(redis, [1_000] * 2_000, bounds)
    match by_hand:
        case "XTRIM":
            await redis.xtrim(STREAM, maxlen=100, approximate=False)
        case "XADD":
            for _ in range(50):
                await redis.xadd(STREAM, {"record": random.randbytes(100_000)})
        case "DEL":
            await redis.delete(STREAM)
        case _:
            await redis.delete(redis_keys.ledger(STREAM))
    await add(redis, [1_000], bounds)
    await check(redis, bounds)
    for _ in range(20):
        await add(redis, [1_000] * 200, bounds)
    await check(redis, bounds)


async def test_several_write_at_once(redis: RedisClient, empty_redis_url: str) -> None:
    bounds = StreamBounds(entries=2_000, bytes=2 * MIB)

    async def write(seed: int) -> None:
        async with open_redis(empty_redis_url) as own:
            for number in range(30):
                await add(own, [100 + (seed * number * 977) % 9_000 for _ in range(10)], bounds)

    await asyncio.gather(*map(write, range(1, 9)))
    await check(redis, bounds)


async def test_what_is_too_old_leaves_even_if_it_is_a_part_of_a_run(redis: RedisClient) -> None:
    await add(redis, [100] * 10, WIDE)
    middle = (await redis.xrange(STREAM))[4][0].decode()
    await add(redis, [100], WIDE, not_before=middle, expires_s=60)
    assert await redis.xlen(STREAM) == 7
    assert (await redis.xrange(STREAM, count=1))[0][0].decode() == middle
    await check(redis, WIDE)
    assert 0 < await redis.ttl(STREAM) <= 60
    assert 60 < await redis.ttl(redis_keys.ledger(STREAM)) <= 120
    await add(redis, [100], WIDE, not_before="9999999999999-0")
    assert await redis.xlen(STREAM) == 0
    await add(redis, [100], WIDE)
    await check(redis, WIDE)


async def test_an_entry_s_bounds_may_change_from_one_start_to_the_next(redis: RedisClient) -> None:
    await add(redis, [1_000] * 4_000, StreamBounds(entries=10_000, bytes=16 * MIB))
    smaller = StreamBounds(entries=10_000, bytes=MIB)
    await add(redis, [1_000], smaller)
    await check(redis, smaller)
    larger = StreamBounds(entries=10_000, bytes=8 * MIB)
    for _ in range(50):
        await add(redis, [1_000] * 100, larger)
    assert await redis.xlen(STREAM) > 5_000


# ---- each batch once ----


def a_batch(mark: Mark, *texts: str, **more: Any) -> Addition:
    return Addition(STREAM, [("n", text) for text in texts], WIDE, mark=mark, **more)


async def kept(redis: RedisClient) -> list[str]:
    return [fields[b"n"].decode() for _id, fields in await redis.xrange(STREAM)]


async def positions(redis: RedisClient) -> list[int]:
    """The numbers of the entries, without their times."""
    return [int(name.partition(b"-")[2]) for name, _fields in await redis.xrange(STREAM)]


async def test_a_batch_that_is_sent_again_is_recognised(redis: RedisClient) -> None:
    mine, other = Marks(), Marks()
    first, second, third = mine.next(), other.next(), mine.next()
    counts = Counts(redis_keys.tokens_per_day("t"), {"today": 2})
    for mark, text in ((first, "a"), (second, "b"), (first, "a"), (second, "b"), (third, "c"), (third, "c")):
        await send(redis, [a_batch(mark, text, counts=counts)])
    assert await kept(redis) == ["a", "b", "c"]
    assert await redis.hget(counts.key, "today") == b"6"  # type: ignore[misc]  # redis-py's stub is not async here


async def test_a_batch_that_arrives_behind_a_newer_one_of_its_writer_is_not_written(redis: RedisClient) -> None:
    """Its connection was given up, and what was on it comes late."""
    marks = Marks()
    given_up, newer = marks.next(), marks.next()
    await send(redis, [a_batch(newer, "newer")])
    await send(redis, [a_batch(given_up, "given up")])
    assert await kept(redis) == ["newer"]


@pytest.mark.parametrize("by_hand", ["XTRIM", "DEL", "XADD"])
async def test_a_batch_is_recognised_when_its_ledger_was_made_anew(redis: RedisClient, by_hand: str) -> None:
    marks = Marks()
    mark = marks.next()
    await send(redis, [a_batch(mark, "a", "b")])
    match by_hand:
        case "XTRIM":
            await redis.xtrim(STREAM, maxlen=1, approximate=False)
        case "DEL":
            await redis.delete(STREAM)
        case _:
            await redis.xadd(STREAM, {"n": "by hand"})
    await send(redis, [a_batch(Marks().next(), "other")])
    before = await kept(redis)
    await send(redis, [a_batch(mark, "a", "b")])
    assert await kept(redis) == before


async def test_writers_of_long_ago_are_forgotten(redis: RedisClient) -> None:
    await redis.hset(redis_keys.ledger(STREAM), mapping={f"@{number}": "7 1000" for number in range(500)})  # type: ignore[misc]  # redis-py's stub is not async here
    mark = Marks().next()
    await send(redis, [a_batch(mark, "a")])
    await send(redis, [a_batch(mark, "a")])
    assert await kept(redis) == ["a"]
    assert await redis.hlen(redis_keys.ledger(STREAM)) == 2  # type: ignore[misc]  # redis-py's stub is not async here


async def test_a_server_that_does_not_know_the_script_is_sent_it(redis: RedisClient) -> None:
    marks = Marks()
    for text in ("a", "b"):
        for server in await servers(redis):
            await server.script_flush()
        assert await send(redis, [a_batch(marks.next(), text)]) == []
    assert await kept(redis) == ["a", "b"]


# ---- numbers ----


async def test_numbers_grow_by_one_and_what_was_lost_leaves_its_own_free(redis: RedisClient) -> None:
    mine, other = Marks(), Marks()
    await send(redis, [a_batch(mine.next(), "a", "b", lost=0)])
    again = a_batch(other.next(), "c", lost=5)
    for _ in range(2):
        await send(redis, [again])
    await send(redis, [a_batch(mine.next(), "d", lost=0)])
    assert await positions(redis) == [1, 2, 8, 9]


async def numbering(redis: RedisClient) -> tuple[str, str]:
    newest, begins = (await redis.hget(redis_keys.ledger(STREAM), "numbered")).decode().split()  # type: ignore[misc]  # redis-py's stub is not async here
    return newest, begins


@pytest.mark.parametrize("emptied", ["XTRIM", "DEL"])
async def test_the_numbering_goes_on_when_the_stream_is_empty(redis: RedisClient, emptied: str) -> None:
    marks = Marks()
    await send(redis, [a_batch(marks.next(), "a", "b", lost=0)])
    begins = (await numbering(redis))[1]
    await (redis.delete(STREAM) if emptied == "DEL" else redis.xtrim(STREAM, maxlen=0, approximate=False))
    await send(redis, [a_batch(marks.next(), "c", lost=0)])
    assert await positions(redis) == [3]
    assert (await numbering(redis))[1] == begins


async def test_the_numbering_begins_anew_behind_what_others_wrote(redis: RedisClient) -> None:
    """An older release, beside this one: its entries have no numbers that say anything."""
    marks = Marks()
    await send(redis, [a_batch(marks.next(), "a", lost=0)])
    await add(redis, [1], WIDE)
    await send(redis, [a_batch(marks.next(), "b", "c", lost=0)])
    *_, first, last = [name.decode() for name, _fields in await redis.xrange(STREAM)]
    assert await numbering(redis) == (last, first)


@pytest.mark.parametrize("newest", ["9999999999999-3", "9999999999999-18446744073709551614"], ids=["ahead", "last"])
async def test_a_stream_that_is_ahead_of_the_server_s_clock_is_written_to(redis: RedisClient, newest: str) -> None:
    """Another server, whose clock was ahead, was the master before."""
    await redis.xadd(STREAM, {"n": "ahead"}, id=newest)
    marks = Marks()
    for text in ("a", "b"):
        assert await send(redis, [a_batch(marks.next(), text, lost=0)]) == []
    assert await kept(redis) == ["ahead", "a", "b"]
