"""Last good answers of flows, as Redis keeps them: encrypted, bounded, and found only by their own question."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet

from fixtures.waiting import eventually
from rulemint_gateway.stores.traffic import last_answers
from rulemint_gateway.stores.traffic.last_answer_script import AnswerBounds, Said, write_said
from rulemint_gateway.stores.traffic.last_answers import MAX_AGE_MS, MAX_ANSWER_BYTES, LastAnswers
from rulemint_gateway.stores.traffic.log_store import CLOCK_SKEW_MS
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.messages import Granted
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.secrets.vault import Vault

T, HOUR_MS = "acme", 3_600_000
ANSWER = Granted(scope=["read"], claims={"https://x/plan": "a-canary"})


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


@asynccontextmanager
async def keeping(redis: RedisClient, vault: Vault | None = None, **bounds: Any) -> AsyncIterator[LastAnswers]:
    answers = LastAnswers(redis, vault or Vault([Fernet.generate_key()]), **bounds)
    writing = asyncio.create_task(answers.write_behind())
    try:
        yield answers
        assert not writing.done()
    finally:
        await cancel([writing])


async def kept(redis: RedisClient, tenant: str = T) -> list[str]:
    """The questions that have an answer, the oldest first."""
    return [each.decode() for each in await redis.zrange(redis_keys.last_answer_times(tenant), 0, -1)]


async def test_another_gateway_finds_an_answer_and_redis_cannot_read_it(redis: RedisClient) -> None:
    vault = Vault([Fernet.generate_key()])
    async with keeping(redis, vault) as one, keeping(redis, vault) as other:
        one.keep(T, "q", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), lambda questions: questions == ["q"])
        found = await other.find(T, "q", max_age_ms=HOUR_MS)
        assert found is not None
        assert found.granted == ANSWER
        assert await other.find(T, "another", max_age_ms=HOUR_MS) is None
        assert await other.find("other", "q", max_age_ms=HOUR_MS) is None
        assert await other.find(T, "q", max_age_ms=-1) is None, "it is too old"
    stored = await redis.hgetall(redis_keys.last_answers(T))  # type: ignore[misc]  # redis-py's stub is not async here
    assert b"a-canary" not in b"".join(stored.values())
    assert 0 < await redis.pttl(redis_keys.last_answers(T)) <= MAX_AGE_MS


async def test_a_ciphertext_that_was_moved_or_damaged_is_no_answer(redis: RedisClient) -> None:
    name = redis_keys.last_answers(T)
    async with keeping(redis) as answers:
        answers.keep(T, "q", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), bool)
        moved = await redis.hget(name, "q")  # type: ignore[misc]  # as above
        await redis.hset(name, "another", moved)  # type: ignore[misc]  # as above
        await redis.hset(redis_keys.last_answers("other"), "q", moved)  # type: ignore[misc]  # as above
        await redis.hset(name, "damaged", moved[:-9])  # type: ignore[misc]  # as above
        for tenant, question in ((T, "another"), ("other", "q"), (T, "damaged")):
            assert await answers.find(tenant, question, max_age_ms=HOUR_MS) is None
    async with keeping(redis) as of_another_key:
        assert await of_another_key.find(T, "q", max_age_ms=HOUR_MS) is None


async def test_beyond_a_tenant_s_bounds_its_oldest_answers_are_forgotten(redis: RedisClient) -> None:
    async with keeping(redis, max_answers=3) as answers:
        for number in range(5):
            answers.keep(T, str(number), ANSWER, for_ms=HOUR_MS)
            answers.keep("other", "0", ANSWER, for_ms=HOUR_MS)
            await eventually(lambda: kept(redis), lambda questions, last=str(number): last in questions)  # type: ignore[misc]  # a default is no parameter
        assert await kept(redis) == ["2", "3", "4"]
        assert await kept(redis, "other") == ["0"]
    async with keeping(redis, max_bytes=2_500) as answers:
        large = Granted(scope=[], claims={"https://x/": "x" * 1_000})
        for question in ("a", "b"):
            answers.keep(T, question, large, for_ms=HOUR_MS)
            await eventually(lambda: kept(redis), lambda questions, last=question: last in questions)  # type: ignore[misc]  # as above
        assert await kept(redis) == ["b"]
        size = int(await redis.hget(redis_keys.last_answers(T), "size"))  # type: ignore[misc]  # as above
        assert size == await redis.hstrlen(redis_keys.last_answers(T), "b")  # type: ignore[misc]  # as above


async def test_an_answer_that_is_forgotten_is_gone_and_its_room_too(redis: RedisClient) -> None:
    async with keeping(redis) as answers:
        answers.keep(T, "q", ANSWER, for_ms=HOUR_MS)
        answers.keep(T, "other", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), lambda questions: len(questions) == 2)
        await answers.forget(T, "q")
        assert await kept(redis) == ["other"]
        assert await answers.find(T, "q", max_age_ms=HOUR_MS) is None
        size = int(await redis.hget(redis_keys.last_answers(T), "size"))  # type: ignore[misc]  # as above
        assert size == await redis.hstrlen(redis_keys.last_answers(T), "other")  # type: ignore[misc]  # as above


async def test_an_answer_that_is_too_large_is_not_kept(redis: RedisClient) -> None:
    async with keeping(redis) as answers:
        answers.keep(T, "large", Granted(scope=[], claims={"https://x/": "x" * MAX_ANSWER_BYTES}), for_ms=HOUR_MS)
        answers.keep(T, "q", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), lambda questions: questions == ["q"])


async def test_the_same_answer_is_written_once_in_a_tenth_of_its_time_and_another_at_once(redis: RedisClient) -> None:
    async with keeping(redis) as answers:
        answers.keep(T, "q", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), bool)
        first = await redis.hget(redis_keys.last_answers(T), "q")  # type: ignore[misc]  # as above
        answers.keep(T, "q", ANSWER, for_ms=HOUR_MS)
        answers.keep(T, "next", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), lambda questions: "next" in questions)
        assert await redis.hget(redis_keys.last_answers(T), "q") == first  # type: ignore[misc]  # as above
        answers.keep(T, "q", Granted(scope=[]), for_ms=HOUR_MS)
        answers.keep(T, "last", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), lambda questions: "last" in questions)
        found = await answers.find(T, "q", max_age_ms=HOUR_MS)
        assert found is not None
        assert found.granted == Granted(scope=[])


BOUNDS = AnswerBounds(10, 10_000, 3, MAX_AGE_MS)
NAMES = (redis_keys.last_answers(T), redis_keys.last_answer_times(T), redis_keys.last_refusals(T))


async def test_an_answer_of_before_a_refusal_that_is_written_after_it_is_not_kept(redis: RedisClient) -> None:
    now_ms = unix_ms()
    await write_said(redis, T, [Said("q", now_ms, b"")], BOUNDS)
    for late_ms in (0, 1, 60_000):
        await write_said(redis, T, [Said("q", now_ms - late_ms, b"late")], BOUNDS)
    assert await kept(redis) == []
    await write_said(redis, T, [Said("q", now_ms + 1, b"new"), Said("q", now_ms - 5, b"")], BOUNDS)
    assert await kept(redis) == ["q"], "a refusal of before it says nothing"
    await write_said(redis, T, [Said("q", now_ms + 1, b"")], BOUNDS)
    assert await kept(redis) == []


async def test_an_older_answer_takes_no_newer_one_s_place(redis: RedisClient) -> None:
    now_ms = unix_ms()
    await write_said(redis, T, [Said("q", now_ms, b"new"), Said("q", now_ms - 1, b"old")], BOUNDS)
    assert await redis.hget(NAMES[0], "q") == b"new"  # type: ignore[misc]  # as above


async def test_a_refusal_that_had_to_leave_keeps_out_what_was_before_it_all_the_same(redis: RedisClient) -> None:
    now_ms = unix_ms()
    refused = [Said(str(number), now_ms + number, b"") for number in range(BOUNDS.refusals + 2)]
    await write_said(redis, T, refused, BOUNDS)
    assert await redis.zcard(NAMES[2]) == BOUNDS.refusals
    await write_said(redis, T, [Said("0", now_ms - 1, b"late"), Said("x", now_ms + 2, b"new")], BOUNDS)
    assert await kept(redis) == ["x"]


async def test_no_gateway_finds_an_answer_once_its_refusal_was_told(redis: RedisClient) -> None:
    vault = Vault([Fernet.generate_key()])
    async with keeping(redis, vault) as one, keeping(redis, vault) as other:
        for _ in range(3):
            one.keep(T, "q", ANSWER, for_ms=HOUR_MS)  # it may be written before the refusal, or after it
            await other.forget(T, "q")
            assert await one.find(T, "q", max_age_ms=HOUR_MS) is None
        one.keep(T, "next", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis), lambda questions: "next" in questions)
        assert await kept(redis) == ["next"]


async def test_a_refusal_that_redis_did_not_take_ends_all_answers_of_its_tenant(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(last_answers, "PAUSE_WITHOUT_REDIS_S", 0.01)
    vault = Vault([Fernet.generate_key()])
    async with (
        keeping(redis, vault) as answers,
        keeping(redis, vault) as other,
        open_redis("redis://127.0.0.1:1") as no,
    ):
        for tenant in (T, "other"):
            for question in ("q", "another"):
                answers.keep(tenant, question, ANSWER, for_ms=HOUR_MS)
            await eventually(lambda tenant=tenant: kept(redis, tenant), lambda questions: len(questions) == 2)  # type: ignore[misc]  # a default is no parameter
        answers._redis = no
        await answers.forget(T, "q")
        answers._redis = redis
        assert [await answers.find(T, each, max_age_ms=HOUR_MS) for each in ("q", "another")] == [None, None]
        await eventually(lambda: kept(redis), lambda questions: questions == [])
        assert await other.find("other", "q", max_age_ms=HOUR_MS) is not None
        assert unix_ms() < int(await redis.hget(NAMES[0], "since")) <= unix_ms() + CLOCK_SKEW_MS  # type: ignore[misc]  # as above


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("garbage", ["another type", "nonsense", "gone"])
async def test_names_that_say_nothing_keep_no_tenant_from_being_written(
    redis: RedisClient, place: int, garbage: str
) -> None:
    now_ms = unix_ms()
    await write_said(redis, T, [Said("q", now_ms, b"answer"), Said("no", now_ms, b"")], BOUNDS)
    name = NAMES[place]
    if garbage == "another type" or (garbage == "nonsense" and place):
        await redis.delete(name)
        await redis.set(name, "x" * 100_000)
    elif garbage == "nonsense":
        await redis.hset(name, mapping={"size": "-1e99", "since": b"\xff\x00"})  # type: ignore[misc]  # as above
    else:
        await redis.delete(name)
    async with keeping(redis) as answers:
        answers.keep(T, "later", ANSWER, for_ms=HOUR_MS)
        answers.keep("other", "q", ANSWER, for_ms=HOUR_MS)
        await eventually(lambda: kept(redis, "other"), bool)
        assert await answers.find(T, "q", max_age_ms=HOUR_MS) is None
    await write_said(redis, T, [Said("q", now_ms, b"late")], BOUNDS)
    await write_said(redis, T, [Said("q", unix_ms() + 10_000, b"answer")], BOUNDS)
    assert "q" in await kept(redis)
    assert await redis.hlen(NAMES[0]) == 2 + await redis.zcard(NAMES[1])  # type: ignore[misc]  # as above
