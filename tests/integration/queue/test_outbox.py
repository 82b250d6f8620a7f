"""Endings leave with the command that ends their job, and soon without it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fixtures.every_server import servers
from rulemint_runner.queue.outbox import Outbox
from rulemint_runner.queue.worker import RuleWorker
from rulemint_shared.contract import batches, codecs, redis_keys
from rulemint_shared.contract.batches import join_endings
from rulemint_shared.contract.messages import Ending, Granted
from rulemint_shared.process.background import cancel
from rulemint_shared.queue import job_queue
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis, open_subscriber

CHANNEL = redis_keys.outcomes("gateway")
OF_ANOTHER_SHARD = redis_keys.outcomes("gateway", shard=1)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@pytest.fixture
async def heard(empty_redis_url: str) -> AsyncIterator[asyncio.Queue[bytes]]:
    """What a gateway hears."""
    messages: asyncio.Queue[bytes] = asyncio.Queue()
    async with open_subscriber(empty_redis_url) as subscriber:
        subscription = await subscriber.subscribe(CHANNEL)
        subscription.start(messages.put_nowait)
        yield messages


def ending(name: str) -> bytes:
    return codecs.ending.encode(Ending(invocation=name, outcome=Granted(scope=[], claims={}), ended_at_ms=1))


def names(message: bytes) -> list[str]:
    return [each.invocation for each in codecs.endings.decode(message).endings]


async def publications(redis: RedisClient) -> int:
    """How many messages were ever published, by a script or not."""
    calls = 0
    for server in await servers(redis):
        stats = await server.info("commandstats")
        calls += sum(stats.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("publish", "spublish"))
    return calls


async def test_a_batch_that_ends_together_is_kept_and_heard_by_the_command_that_ends_its_job(
    redis: RedisClient, heard: asyncio.Queue[bytes]
) -> None:
    outbox = Outbox(redis)
    before = await publications(redis)

    async def run(_data: bytes, shard: int) -> bytes:
        for name in ("a", "b", "c"):
            outbox.add(redis_keys.outcomes("gateway", shard), ending(name), under_way=1)
        return join_endings(map(ending, ("a", "b", "c")))

    worker = RuleWorker(redis, {job_queue.RUN_BATCH: run}, outbox, runner="r", max_jobs=1)
    working = asyncio.create_task(worker.main())
    async with asyncio.timeout(10):
        job_id = await job_queue.enqueue_encoded(redis, b"", expires_ms=60_000)
        assert names(await heard.get()) == ["a", "b", "c"]
        found = await job_queue.find_endings(redis, job_id)
    assert found is not None
    assert [each.invocation for each in found[0].endings] == ["a", "b", "c"]
    assert await publications(redis) - before == 1
    await worker.drain(within_s=5)
    await cancel([working])


@pytest.mark.parametrize("under_way", [0, 50])
async def test_an_ending_whose_neighbours_are_slow_is_heard_before_its_job_has_ended(
    redis: RedisClient, heard: asyncio.Queue[bytes], under_way: int
) -> None:
    outbox = Outbox(redis)
    outbox.add(CHANNEL, ending("quick"), under_way=under_way)
    async with asyncio.timeout(10):
        assert names(await heard.get()) == ["quick"]
    assert outbox.take(0) == []


async def test_what_is_too_large_for_one_message_leaves_in_several_and_does_not_wait(
    redis: RedisClient, heard: asyncio.Queue[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SENT_AT_ONCE_BYTES", 3 * len(ending("name-0")))
    monkeypatch.setattr("rulemint_runner.queue.outbox.SENT_AT_ONCE_BYTES", 3 * len(ending("name-0")))
    outbox = Outbox(redis)
    for number in range(5):
        outbox.add(CHANNEL, ending(f"name-{number}"), under_way=50)
    assert outbox.take(0) == [(CHANNEL, join_endings([ending("name-4")]))], "four were more than one message"
    async with asyncio.timeout(10):
        assert [names(await heard.get()), names(await heard.get())] == [
            ["name-0", "name-1", "name-2"],
            ["name-3"],
        ]


async def test_the_end_of_a_job_takes_along_what_waits_for_all_gateways_of_its_shard(redis: RedisClient) -> None:
    outbox = Outbox(redis)
    other = redis_keys.outcomes("other-gateway")
    for channel in (CHANNEL, other, OF_ANOTHER_SHARD, CHANNEL):
        outbox.add(channel, ending("e"), under_way=50)
    assert outbox.take(0) == [(CHANNEL, join_endings([ending("e")] * 2)), (other, join_endings([ending("e")]))]
    assert outbox.take(1) == [(OF_ANOTHER_SHARD, join_endings([ending("e")]))]
