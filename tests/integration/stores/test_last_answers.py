"""Last good answers of flows, as Redis keeps them: encrypted, bounded, and found only by their own question."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from cryptography.fernet import Fernet

from fixtures.waiting import eventually
from rulemint_gateway.stores.traffic.last_answers import MAX_AGE_MS, MAX_ANSWER_BYTES, LastAnswers
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
        answers.forget(T, "q")
        await eventually(lambda: kept(redis), lambda questions: questions == ["other"])
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
