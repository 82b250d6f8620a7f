"""Quotas in a real Valkey: two gateways count together, and one without it goes on by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from fixtures.every_server import names_in
from fixtures.waiting import eventually
from rulemint_gateway.limits.applicable_quotas import Limit, QuotaBy
from rulemint_gateway.limits.quota_counts import KEPT_LONGER_S, KNOWN_FOR_S, QuotaCounts, Taken
from rulemint_shared.clock import unix_ms
from rulemint_shared.process.background import cancel
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

T = "default"


def a_limit(most: int, *, enforce: bool = True, subject: str = "c", window: str = "per_day") -> Limit:
    return Limit(QuotaBy.CLIENT, subject, window, most, enforce)


@asynccontextmanager
async def a_gateway(url: str, clock_ms: Callable[[], int] = unix_ms) -> AsyncIterator[QuotaCounts]:
    async with open_redis(url) as redis:
        counts = QuotaCounts(redis, clock_ms=clock_ms)
        writing = asyncio.create_task(counts.write())
        try:
            yield counts
        finally:
            await cancel([writing])


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


def granted(taken: list[Taken]) -> int:
    return sum(not each.refused for each in taken)


async def test_two_gateways_issue_no_more_together_than_one_may(empty_redis_url: str) -> None:
    async with a_gateway(empty_redis_url) as one, a_gateway(empty_redis_url) as other:
        asked = [gateway.take(T, [a_limit(25)]) for _ in range(40) for gateway in (one, other)]
        assert granted(await asyncio.gather(*asked)) == 25


async def test_a_refused_token_counts_in_no_quota(empty_redis_url: str) -> None:
    full, open_ = a_limit(1), a_limit(100, subject="another")
    async with a_gateway(empty_redis_url) as gateway:
        assert granted([await gateway.take(T, [full, open_]) for _ in range(5)]) == 1
        assert (await gateway.take(T, [open_])).counts == [2]


async def test_what_is_not_enforced_is_counted_and_refuses_nobody(empty_redis_url: str) -> None:
    async with a_gateway(empty_redis_url) as gateway:
        taken = [await gateway.take(T, [a_limit(2, enforce=False)]) for _ in range(5)]
    assert [list(each.counts) for each in taken] == [[1], [2], [3], [4], [5]]
    assert granted(taken) == 5


async def test_a_token_that_was_not_issued_is_given_back(empty_redis_url: str) -> None:
    now_ms = unix_ms()
    async with a_gateway(empty_redis_url, lambda: now_ms) as gateway:
        first = await gateway.take(T, [a_limit(1)])
        assert (await gateway.take(T, [a_limit(1)])).refused
        gateway.give_back(first)

        async def asks_again() -> bool:
            nonlocal now_ms
            now_ms += int(KNOWN_FOR_S * 1000)
            return not (await gateway.take(T, [a_limit(1)])).refused

        await eventually(asks_again)
        assert (await gateway.take(T, [a_limit(1)])).refused


async def test_a_new_hour_begins_with_all_tokens(empty_redis_url: str) -> None:
    now_ms = 1_000_000 * 3_600_000
    async with a_gateway(empty_redis_url, lambda: now_ms) as gateway:
        limit = a_limit(1, window="per_hour")
        assert [(await gateway.take(T, [limit])).refused for _ in range(2)] == [False, True]
        now_ms += 3_600_000
        assert [(await gateway.take(T, [limit])).refused for _ in range(2)] == [False, True]


async def test_only_the_first_refusal_is_the_first(empty_redis_url: str) -> None:
    async with a_gateway(empty_redis_url) as one, a_gateway(empty_redis_url) as other:
        await one.take(T, [a_limit(1)])
        refusals = [list((await gateway.take(T, [a_limit(1)])).refusals) for gateway in (one, other, one)]
    assert refusals == [[1], [2], [0]], "the third was refused without asking"


async def test_tenants_clients_and_windows_have_counts_of_their_own_that_expire(
    empty_redis_url: str, redis: RedisClient
) -> None:
    async with a_gateway(empty_redis_url) as gateway:
        for tenant, limit in (
            ("a", a_limit(1)),
            ("b", a_limit(1)),
            ("a", a_limit(1, subject="d")),
            ("a", a_limit(1, window="per_hour")),
        ):
            assert not (await gateway.take(tenant, [limit])).refused
    names = await names_in(redis)
    lives_s = sorted([await redis.ttl(name) for name in names])
    assert len(names) == 4
    assert 0 < lives_s[0] <= 3_600 + KEPT_LONGER_S < lives_s[1] <= lives_s[3] <= 86_400 + KEPT_LONGER_S


async def test_without_redis_a_gateway_enforces_by_its_own_count(tmp_path: object) -> None:
    redis = RedisClient(unix_socket_path=f"{tmp_path}/nobody")
    try:
        counts = QuotaCounts(redis)
        assert granted([await counts.take(T, [a_limit(3)]) for _ in range(6)]) == 3
        assert granted([await counts.take(T, [a_limit(3, enforce=False, subject="d")]) for _ in range(6)]) == 6
    finally:
        await redis.aclose()


async def test_a_gateway_that_loses_redis_goes_on_from_the_count_that_it_knows(
    empty_redis_url: str, tmp_path: object
) -> None:
    gone = RedisClient(unix_socket_path=f"{tmp_path}/nobody")
    try:
        async with a_gateway(empty_redis_url) as gateway:
            assert granted([await gateway.take(T, [a_limit(5)]) for _ in range(3)]) == 3
            gateway._redis = gone
            assert granted([await gateway.take(T, [a_limit(5)]) for _ in range(6)]) == 2
    finally:
        await gone.aclose()
