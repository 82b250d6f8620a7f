"""The tokens that clients asked for and needed, counted by several gateways in one server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import pytest

from rulemint_gateway.stores.traffic.token_use import COMBINATIONS, MOST_FRESH, TokenUse, Use
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord, Timings
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

T = "t"
MIDNIGHT_S = 1_795_564_800
DAY = date(2026, 11, 25)
LIFETIME_S = 3_600


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


def a_token(at_s: float, *, client: str = "c", audience: str = "https://api/", status: int = 200) -> ExchangeRecord:
    began_ms = int((MIDNIGHT_S + at_s) * 1_000)
    return ExchangeRecord(
        id="exc_1", tenant=T, started_at_ms=began_ms, status=status, outcome="granted", client_id=client,
        audience=audience, scope_granted=["read"], exp=began_ms // 1_000 + LIFETIME_S, timings=Timings(total_ms=2.5),
    )  # fmt: skip


async def counted(redis: RedisClient, day: date = DAY) -> dict[str, Use]:
    return {client: use async for client, use in TokenUse(redis).of_day(T, day)}


async def test_a_token_is_needed_if_the_client_has_none_in_force(redis: RedisClient) -> None:
    use = TokenUse(redis)
    for at_s in (0, 1, 2, 3_599, 3_601, 7_000, 40_000):
        use.note(a_token(at_s))
    use.note(a_token(5, audience="https://other/"))
    use.note(a_token(6, client="d"))
    use.note(a_token(6, status=403))
    await use.flush()
    assert await counted(redis) == {"c": Use(8, 4, 20_000), "d": Use(1, 1, 2_500)}
    await use.flush()
    assert (await counted(redis))["c"].asked == 8


async def test_gateways_know_of_each_others_tokens(redis: RedisClient) -> None:
    gateways = [TokenUse(redis) for _ in range(3)]
    for at_s in range(0, 300, 10):
        for gateway in gateways:
            gateway.note(a_token(at_s))
            await gateway.flush()
    assert (await counted(redis))["c"] == Use(90, 1, 225_000)


async def test_each_day_is_counted_by_itself_and_leaves(redis: RedisClient) -> None:
    use = TokenUse(redis)
    for at_s in (86_399, 86_400):
        use.note(a_token(at_s))
    await use.flush()
    assert (await counted(redis))["c"].asked == 1
    assert (await counted(redis, date(2026, 11, 26)))["c"].asked == 1
    assert 0 < await redis.ttl(redis_keys.token_use(T, DAY.isoformat())) <= 3 * 86_400


async def test_however_much_a_client_asks_it_takes_the_same_memory(redis: RedisClient) -> None:
    use = TokenUse(redis)
    key = redis_keys.token_use(T, DAY.isoformat())
    sizes = []
    for begin in (0, 1_000, 2_000):
        for number in range(MOST_FRESH + 500):
            use.note(a_token(begin + number / 10, audience=f"https://{number}/"))
        (client,) = next(iter(use._counted.values())).values()
        assert len(client.ends) <= COMBINATIONS
        assert len(client.fresh) <= MOST_FRESH
        await use.flush()
        sizes.append(await redis.hstrlen(key, "c"))  # type: ignore[misc]  # redis-py's stub is not async here
    assert max(sizes) < 24 + 24 * COMBINATIONS
    assert (await counted(redis))["c"].needed == 3 * (MOST_FRESH + 500)


async def test_what_the_server_did_not_take_is_counted_later(redis: RedisClient) -> None:
    use = TokenUse(redis)
    away = open_redis("redis://127.0.0.1:1")
    async with away as nobody:
        use._redis = nobody
        use.note(a_token(0))
        await use.flush()
    use._redis = redis
    use.note(a_token(1))
    await use.flush()
    assert (await counted(redis))["c"] == Use(2, 1, 5_000)


async def test_garbage_counts_nothing(redis: RedisClient) -> None:
    key = redis_keys.token_use(T, DAY.isoformat())
    await redis.hset(key, mapping={"c": b"\xff\x00", "d": "1 2", "e": "-1 2 3"})  # type: ignore[misc]  # as above
    assert await counted(redis) == {}
    use = TokenUse(redis)
    use.note(a_token(0))
    await use.flush()
    assert await counted(redis) == {"c": Use(1, 1, 2_500)}
