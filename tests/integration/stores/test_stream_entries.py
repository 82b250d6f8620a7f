"""A stream and its ledger on a real server: bounds hold whatever the entries' sizes, however many write."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from arq.connections import ArqRedis

from rulemint_shared import keys
from rulemint_shared.redis_connection import open_redis
from rulemint_shared.stream_entries import RUNS, Addition, StreamBounds, add_entries, queue_addition

STREAM = keys.exchanges("t")
MIB = 1024 * 1024
WIDE = StreamBounds(entries=1_000_000, bytes=1024 * MIB)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[ArqRedis]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


async def add(redis: ArqRedis, sizes: Sequence[int], bounds: StreamBounds, **more: Any) -> None:
    """One batch of entries, each of so many bytes that nothing makes smaller."""
    entries = [("id", b"x", "record", random.randbytes(size)) for size in sizes]
    async with redis.pipeline(transaction=False) as pipe:
        queue_addition(pipe, Addition(STREAM, entries, bounds, **more))
        await pipe.execute()


async def memory(redis: ArqRedis) -> int:
    """What the stream takes of the server."""
    used = await redis.memory_usage(STREAM, samples=0)
    return int(used or 0)


async def ledger(redis: ArqRedis) -> dict[str, int]:
    state = await redis.hget(keys.ledger(STREAM), "state")  # type: ignore[misc]
    return dict(zip(("entries", "bytes", "first", "last"), map(int, state.split()[:4]), strict=True))


async def check(redis: ArqRedis, bounds: StreamBounds) -> None:
    """The ledger is the stream's, and the stream is within its bounds."""
    kept = await ledger(redis)
    assert kept["entries"] == await redis.xlen(STREAM)
    assert kept["bytes"] <= bounds.bytes
    assert kept["entries"] <= bounds.entries * (1 + 2 / RUNS)
    assert await memory(redis) <= bounds.bytes * 1.25
    assert await redis.hlen(keys.ledger(STREAM)) <= 2 * RUNS + 8  # type: ignore[misc]


@pytest.mark.parametrize(
    "sizes",
    [[200], [1_000, 1_100, 900], [100_000], [150, 150, 150, 200_000], [40, 5_000, 60_000, 300]],
    ids=["small", "usual", "chatty", "a large one now and then", "of all sizes"],
)
async def test_bytes_are_bounded_whatever_the_entries_sizes(redis: ArqRedis, sizes: list[int]) -> None:
    bounds = StreamBounds(entries=100_000, bytes=4 * MIB)
    written = 0
    while written < 3 * bounds.bytes:
        batch = sizes * max(1, 100_000 // sum(sizes))
        await add(redis, batch, bounds)
        written += sum(batch)
    await check(redis, bounds)
    assert await memory(redis) >= bounds.bytes * 0.8, "no more goes than must"


async def test_entries_are_bounded_and_no_more_go_than_must(redis: ArqRedis) -> None:
    bounds = StreamBounds(entries=1_000, bytes=64 * MIB)
    for number in range(50):
        await add(redis, [10] * (number + 1), bounds)
        length = await redis.xlen(STREAM)
        assert min(1_000, (number + 1) * (number + 2) // 2) <= length <= 1_000 * (1 + 2 / RUNS)
    await check(redis, bounds)


async def test_the_newest_stay_and_in_their_order(redis: ArqRedis) -> None:
    bounds = StreamBounds(entries=100, bytes=MIB)
    for number in range(300):
        async with redis.pipeline(transaction=False) as pipe:
            add_entries(pipe, STREAM, [("n", str(number))], bounds=bounds)
            await pipe.execute()
    found = [int(fields[b"n"]) for _id, fields in await redis.xrange(STREAM)]
    assert found == list(range(300))[-len(found) :]
    assert len(found) >= 100


async def test_an_entry_larger_than_the_stream_may_be_does_not_stay(redis: ArqRedis) -> None:
    bounds = StreamBounds(entries=1_000, bytes=MIB)
    await add(redis, [100] * 10, bounds)
    await add(redis, [2 * MIB], bounds)
    await check(redis, bounds)
    await add(redis, [100], bounds)
    assert await redis.xlen(STREAM) == 1


async def test_a_stream_of_an_older_release_is_measured_and_its_oldest_go(redis: ArqRedis) -> None:
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
async def test_a_ledger_that_is_not_its_stream_s_is_made_anew(redis: ArqRedis, by_hand: str) -> None:
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
            await redis.delete(keys.ledger(STREAM))
    await add(redis, [1_000], bounds)
    await check(redis, bounds)
    for _ in range(20):
        await add(redis, [1_000] * 200, bounds)
    await check(redis, bounds)


async def test_several_write_at_once(redis: ArqRedis, empty_redis_url: str) -> None:
    bounds = StreamBounds(entries=2_000, bytes=2 * MIB)

    async def write(seed: int) -> None:
        async with open_redis(empty_redis_url) as own:
            for number in range(30):
                await add(own, [100 + (seed * number * 977) % 9_000 for _ in range(10)], bounds)

    await asyncio.gather(*map(write, range(1, 9)))
    await check(redis, bounds)


async def test_what_is_too_old_leaves_even_if_it_is_a_part_of_a_run(redis: ArqRedis) -> None:
    await add(redis, [100] * 10, WIDE)
    middle = (await redis.xrange(STREAM))[4][0].decode()
    await add(redis, [100], WIDE, not_before=middle, expires_s=60)
    assert await redis.xlen(STREAM) == 7
    assert (await redis.xrange(STREAM, count=1))[0][0].decode() == middle
    await check(redis, WIDE)
    assert 0 < await redis.ttl(STREAM) <= 60
    assert 60 < await redis.ttl(keys.ledger(STREAM)) <= 120
    await add(redis, [100], WIDE, not_before="9999999999999-0")
    assert await redis.xlen(STREAM) == 0
    await add(redis, [100], WIDE)
    await check(redis, WIDE)


async def test_an_entry_s_bounds_may_change_from_one_start_to_the_next(redis: ArqRedis) -> None:
    await add(redis, [1_000] * 4_000, StreamBounds(entries=10_000, bytes=16 * MIB))
    smaller = StreamBounds(entries=10_000, bytes=MIB)
    await add(redis, [1_000], smaller)
    await check(redis, smaller)
    larger = StreamBounds(entries=10_000, bytes=8 * MIB)
    for _ in range(50):
        await add(redis, [1_000] * 100, larger)
    assert await redis.xlen(STREAM) > 5_000
