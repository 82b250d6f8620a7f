"""The token requests of each minute, counted by several gateways in one server."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest

from rulemint_gateway.management.stats import Stats
from rulemint_gateway.stores.traffic.minute_counts import BUCKETS, KEPT_S, MinuteCounts, RefusedBy, bucket_of, middle_of
from rulemint_gateway.stores.traffic.secret_usage import SecretUsage
from rulemint_gateway.stores.traffic.token_counts import TokenCounts
from rulemint_gateway.stores.traffic.token_use import TokenUse
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord, Timings
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

T = "t"
HOUR = 498_768
FIRST = HOUR * 60 + 58


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


def a_request(minute: int, outcome: str = "granted", *, ms: float = 4, more: int = 0) -> ExchangeRecord:
    status = 200 if outcome == "granted" else 503
    return ExchangeRecord(
        id="exc_1", tenant=T, started_at_ms=minute * 60_000 + 59_999, status=status, outcome=outcome,
        timings=Timings(total_ms=ms), more_like_it=more,
    )  # fmt: skip


async def test_gateways_count_together_by_minute_and_first_word_of_the_outcome(redis: RedisClient) -> None:
    for gateway in [MinuteCounts(redis) for _ in range(2)]:
        gateway.note(a_request(FIRST))
        gateway.note(a_request(FIRST + 2, "failed:timeout"))
        gateway.note(a_request(FIRST + 2, "refused:invalid_client", more=9))
        await gateway.flush()
        await gateway.flush()
    before, last, between, first = await MinuteCounts(redis).between(T, FIRST - 1, FIRST + 2)
    assert before.outcomes == {"granted": 0, "denied": 0, "failed": 0, "refused": 0}
    assert (last.minute, last.outcomes["granted"], last.buckets) == (FIRST, 2, {bucket_of(4): 2})
    assert sum(between.outcomes.values()) == 0
    assert first.outcomes == {"granted": 0, "denied": 0, "failed": 2, "refused": 20}
    assert first.buckets == {}


async def test_an_hour_expires(redis: RedisClient) -> None:
    counts = MinuteCounts(redis)
    counts.note(a_request(FIRST))
    await counts.flush()
    assert 0 < await redis.ttl(redis_keys.minutes(T, str(HOUR))) <= KEPT_S


async def test_nonsense_is_left_out_and_another_type_is_told(redis: RedisClient) -> None:
    nonsense = {
        "58 granted": "x",
        "x granted": "1",
        "58 999": "1",
        "58": "1",
        "99 granted": "1",
        "58 denied": "9" * 400,
    }
    await redis.hset(redis_keys.minutes(T, str(HOUR)), mapping=nonsense)  # type: ignore[misc]  # redis-py's stub
    (minute,) = await MinuteCounts(redis).between(T, FIRST, FIRST)
    assert (sum(minute.outcomes.values()), minute.buckets) == (0, {})
    await redis.set(redis_keys.minutes(T, str(HOUR + 1)), "x")
    with pytest.raises(StoreUnavailableError):
        await MinuteCounts(redis).between(T, FIRST, FIRST + 2)


@pytest.mark.parametrize("ms", [0.2, 1, 3.3, 12, 250, 4_000, 60_000])
def test_a_bucket_s_middle_is_an_eighth_off_at_most(ms: float) -> None:
    assert abs(middle_of(bucket_of(ms)) / ms - 1) <= 0.125


def test_every_duration_has_a_bucket() -> None:
    assert (bucket_of(0), bucket_of(-1), bucket_of(1e12)) == (0, 0, BUCKETS - 1)


async def test_the_median_and_the_99th_percentile_are_of_tokens_alone(redis: RedisClient) -> None:
    counts, now = MinuteCounts(redis), unix_ms() // 60_000
    for _ in range(98):
        counts.note(a_request(now, ms=10))
    for _ in range(2):
        counts.note(a_request(now, ms=500))
    counts.note(a_request(now, "failed:timeout", ms=9_000))
    await counts.flush()
    stats = Stats(TokenCounts(redis), SecretUsage(redis), TokenUse(redis), counts)
    answer = await stats.minutes(T, last=60)
    assert len(answer.minutes) == 60
    assert (answer.whole.granted, answer.whole.failed) == (100, 1)
    assert answer.whole.p50_ms == pytest.approx(10, rel=0.125)
    assert answer.whole.p99_ms == pytest.approx(500, rel=0.125)
    assert {each.p50_ms for each in answer.minutes[:50]} == {None}


async def test_what_a_limit_refused_is_counted_by_the_limit_for_all_gateways(redis: RedisClient) -> None:
    now = unix_ms() // 60_000
    for gateway in [MinuteCounts(redis) for _ in range(2)]:
        gateway.note_refused(T, RefusedBy.CLIENT_TOKENS)
        gateway.note_refused(T, RefusedBy.CLIENT_TOKENS)
        gateway.note_refused("other", RefusedBy.FAILED_LOGINS)
        await gateway.flush()
    minutes = await MinuteCounts(redis).between(T, now, now + 1)
    counted: Counter[str] = Counter()
    for minute in minutes:
        counted.update(minute.refused_by)
    assert counted == {"client_token_quota": 4}
    assert sum(sum(minute.outcomes.values()) for minute in minutes) == 0, "it is no outcome"
