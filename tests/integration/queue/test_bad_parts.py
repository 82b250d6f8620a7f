"""What a gateway makes of endings that a runner should never have sent: each of them costs its own invocation only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from fixtures.dispatching import Gateway, an_invocation, open_gateway
from rulemint_gateway.dispatch.batching import CannotTravelError
from rulemint_shared.contract import batches, codecs, redis_keys
from rulemint_shared.contract.messages import BATCH_LIMIT, Ending, Failed, FailureReason, Granted, RuleRef
from rulemint_shared.deadline import Deadline
from rulemint_shared.process.background import cancel
from rulemint_shared.queue import job_queue, living_runners, wake_ups
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

RULE = RuleRef(rule_id="rul_1", name="my rule", version=1)
GRANTED = Granted(scope=["read"])
ASKED = 6


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        async with opened.pipeline(transaction=False) as pipe:
            living_runners.beat(pipe, "a test", contains_rules=True, lives_ms=600_000)
            await pipe.execute()
        yield opened


@pytest.fixture
async def gateway(redis: RedisClient, empty_redis_url: str) -> AsyncIterator[Gateway]:
    async with open_gateway(empty_redis_url) as opened:
        listening = asyncio.create_task(opened.dispatcher.listen(opened.subscriber))
        await eventually_listens(redis)
        yield opened
        await cancel([listening])


async def eventually_listens(redis: RedisClient) -> None:
    async with asyncio.timeout(10):
        while not await redis.pubsub_channels(f"{redis_keys.outcomes('')}*"):
            await asyncio.sleep(0.01)


async def taken_jobs(redis: RedisClient, invocations: int) -> AsyncIterator[tuple[str, str, list[str]]]:
    """As a runner takes them: job, gateway and the ids of its invocations, until there were so many."""
    while invocations > 0:
        job_id = await wake_ups.wait_for_one(redis, timeout_s=5)
        assert job_id is not None
        job = await job_queue.claim(redis, job_id, runner="a test", for_ms=60_000)
        assert job is not None
        batch = codecs.batch.decode(job_queue.open_job(job)[1])
        invocations -= len(batch.invocations)
        yield job_id, batch.gateway, [invocation.id for invocation in batch.invocations]


def granted(invocation_id: str) -> bytes:
    return codecs.ending.encode(Ending(invocation=invocation_id, outcome=GRANTED))


def with_outcome(invocation_id: str, **outcome: object) -> bytes:
    """An ending that our own encoder would refuse."""
    return msgspec.msgpack.encode({"invocation": invocation_id, "outcome": {"type": "failed", **outcome}})


BAD = {
    "a pause that is too long": lambda name: with_outcome(name, reason="overloaded", pauses_for_ms=600_001),
    "a pause before now": lambda name: with_outcome(name, reason="overloaded", pauses_for_ms=-1),
    "a reason of a later version": lambda name: with_outcome(name, reason="bored"),
    "a detail that is too long": lambda name: with_outcome(name, reason="timeout", detail="x" * 5_000),
    "an outcome of a later version": lambda name: with_outcome(name, type="postponed"),
    "a text that is not UTF-8": lambda name: with_outcome(name, reason="timeout", detail="xyz").replace(
        b"xyz", b"x\xffz"
    ),
    "no outcome": lambda name: msgspec.msgpack.encode({"invocation": name}),
    "a field of another type": lambda name: msgspec.msgpack.encode(
        {"invocation": name, "outcome": {"type": "granted", "scope": []}, "lines": [{"ts_ms": "now"}]}
    ),
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_bad_ending_fails_its_own_invocation_at_once_and_its_neighbours_are_heard(
    gateway: Gateway, redis: RedisClient, bad: Callable[[str], bytes]
) -> None:
    asking = [asyncio.create_task(gateway.ask(RULE, within_s=1_000)) for _ in range(ASKED)]
    chosen = ""
    async for _job, channel, names in taken_jobs(redis, ASKED):
        chosen = chosen or names[0]
        parts = [bad(name) if name == chosen else granted(name) for name in names]
        await redis.publish(redis_keys.outcomes(channel), batches.join_endings(parts))
    endings = {ending.invocation: ending.outcome for ending in await asyncio.gather(*asking)}
    outcome = endings.pop(chosen)
    assert isinstance(outcome, Failed)
    assert outcome.reason is FailureReason.BAD_RESULT
    assert list(endings.values()) == [GRANTED] * (ASKED - 1)


async def test_what_a_job_s_result_says_nothing_of_fails_and_its_neighbours_are_found_there(
    gateway: Gateway, redis: RedisClient
) -> None:
    asking = [asyncio.create_task(gateway.ask(RULE, within_s=1_000)) for _ in range(ASKED)]
    nameless = msgspec.msgpack.encode({"outcome": 7})
    chosen = ""
    async for job_id, _channel, names in taken_jobs(redis, ASKED):
        chosen = chosen or names[0]
        parts = [nameless if name == chosen else granted(name) for name in names]
        await job_queue.finish(redis, job_id, batches.join_endings(parts))
    endings = {ending.invocation: ending.outcome for ending in await asyncio.gather(*asking)}
    outcome = endings.pop(chosen)
    assert isinstance(outcome, Failed)
    assert outcome.reason is FailureReason.INTERRUPTED
    assert list(endings.values()) == [GRANTED] * (ASKED - 1)


async def test_noise_on_the_channel_costs_nobody_anything(gateway: Gateway, redis: RedisClient) -> None:
    asking = asyncio.create_task(gateway.ask(RULE, within_s=1_000))
    async for _job, channel, (name,) in taken_jobs(redis, 1):
        for noise in (b"", b"\xc1", msgspec.msgpack.encode({"endings": 7}), msgspec.msgpack.encode(None)):
            await redis.publish(redis_keys.outcomes(channel), noise)
        await redis.publish(redis_keys.outcomes(channel), batches.join_endings([granted(name)]))
    assert (await asking).outcome == GRANTED


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"scope": ["s"] * 1_001}, id="too many scopes"),
        pytest.param({"grant_scope": ["s" * 257]}, id="a scope that is too long"),
        pytest.param({"audience": "\ud800"}, id="half a surrogate pair"),
        pytest.param({"audience": "x" * batches.MAX_PART_BYTES}, id="more than fits"),
    ],
)
async def test_an_invocation_that_no_runner_would_take_is_refused_and_its_neighbours_are_sent(
    gateway: Gateway, redis: RedisClient, fields: dict[str, object]
) -> None:
    deadline = Deadline.after(1_000)
    bad = msgspec.structs.replace(an_invocation(RULE, deadline), **fields)
    asking = [asyncio.create_task(gateway.ask(RULE, within_s=1_000)) for _ in range(ASKED)]
    with pytest.raises(CannotTravelError):
        await gateway.dispatcher.run(bad, deadline)
    async for _job, channel, names in taken_jobs(redis, ASKED):
        await redis.publish(redis_keys.outcomes(channel), batches.join_endings(map(granted, names)))
    assert {ending.outcome == GRANTED for ending in await asyncio.gather(*asking)} == {True}
    assert gateway.dispatcher.waiting == 0


async def test_a_batch_of_the_largest_invocations_can_be_read(gateway: Gateway, redis: RedisClient) -> None:
    deadline = Deadline.after(1_000)
    room = batches.MAX_PART_BYTES - 2_000
    large = [msgspec.structs.replace(an_invocation(RULE, deadline), audience="x" * room) for _ in range(BATCH_LIMIT)]
    asking = [asyncio.create_task(gateway.dispatcher.run(invocation, deadline)) for invocation in large]
    async for _job, channel, names in taken_jobs(redis, BATCH_LIMIT):
        await redis.publish(redis_keys.outcomes(channel), batches.join_endings(map(granted, names)))
    assert {ending.outcome == GRANTED for ending in await asyncio.gather(*asking)} == {True}
