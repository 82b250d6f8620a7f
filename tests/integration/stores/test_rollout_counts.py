"""How the requests of a rollout ended, counted by several gateways and runners in one server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from rulemint_gateway.stores.traffic.rollout_counts import (
    MOST_TOLD,
    CountedRollout,
    Ended,
    How,
    RolloutCounts,
    Side,
    Totals,
)
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_runner.queue.shadow_counts import ShadowCounts
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.rollouts import Rollout, RolloutKind, ShadowRun
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

FIRST = Rollout(id="rol_1", kind=RolloutKind.CANARY, version=2, old_version=1, steps=(5.0, 100.0))
SECOND = Rollout(id="rol_1", kind=RolloutKind.CANARY, version=2, old_version=1, steps=(5.0, 100.0), step=1)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


class Heard:
    """A judge that notes what it hears, and refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.heard: list[tuple[CountedRollout, Totals, str]] = []
        self._refusals = refusals

    async def judge(self, counted: CountedRollout, totals: Totals, exchange: str) -> None:
        if self._refusals:
            self._refusals -= 1
            raise StoreUnavailableError("away")
        self.heard.append((counted, totals, exchange))


def add(
    counts: RolloutCounts, rollout: Rollout, side: Side, how: How, *, client: str = "robot", exchange: str = "exc_1"
) -> None:
    counts.add("t", "rul_1", rollout, side, how, client_id=client, exchange=exchange)


async def test_of_clients_that_got_no_token_by_the_new_version_all_gateways_know_all_requests(
    redis: RedisClient,
) -> None:
    one, other, heard = RolloutCounts(redis), RolloutCounts(redis), Heard()
    for how in (How.GRANTED, How.GRANTED, How.DENIED, How.GRANTED, How.FAILED):
        add(one, FIRST, Side.NEW, how)
    add(one, FIRST, Side.NEW, How.GRANTED, client="content")
    add(one, FIRST, Side.OLD, How.DENIED, client="of the old")
    await one.flush(heard.judge)
    add(other, FIRST, Side.NEW, How.DENIED)
    add(other, SECOND, Side.NEW, How.DENIED)
    await other.flush(heard.judge)
    totals = heard.heard[-1][1]
    assert totals.of_clients(0) == [Ended(requests=6, failed=1, denied=2)]
    assert totals.of_clients(1) == [Ended(requests=1, denied=1)]


async def test_no_more_than_some_clients_are_told_of_and_all_are_counted(redis: RedisClient) -> None:
    counts, heard = RolloutCounts(redis), Heard()
    for number in range(MOST_TOLD + 9):
        add(counts, FIRST, Side.NEW, How.DENIED, client=f"robot {number}")
    await counts.flush(heard.judge)
    totals = heard.heard[-1][1]
    assert (len(totals.of_clients(0)), totals.of(0, Side.NEW).denied) == (MOST_TOLD, MOST_TOLD + 9)


async def test_gateways_count_together_by_step_and_version(redis: RedisClient) -> None:
    one, other, heard = RolloutCounts(redis), RolloutCounts(redis), Heard()
    add(one, FIRST, Side.NEW, How.FAILED)
    add(one, FIRST, Side.OLD, How.GRANTED)
    await one.flush(heard.judge)
    add(other, FIRST, Side.NEW, How.DENIED)
    add(other, FIRST, Side.NEW, How.GRANTED)
    add(other, SECOND, Side.OLD, How.GRANTED, exchange="exc_2")
    await other.flush(heard.judge)
    counted, totals, exchange = heard.heard[-1]
    assert (counted, exchange) == (CountedRollout("t", "rul_1", "rol_1"), "exc_2")
    assert totals.of(0, Side.NEW) == Ended(requests=3, failed=1, denied=1)
    assert (totals.of(0, Side.OLD), totals.of(1, Side.OLD)) == (Ended(1), Ended(1))
    assert totals.of_all(Side.OLD) == Ended(2)
    assert (await one.read("t", "rol_1")).by_step == totals.by_step


async def test_what_was_written_and_not_judged_is_judged_again_and_counted_once(redis: RedisClient) -> None:
    counts, heard = RolloutCounts(redis), Heard(refusals=1)
    add(counts, FIRST, Side.NEW, How.FAILED)
    await counts.flush(heard.judge)
    assert heard.heard == []
    await counts.flush(heard.judge)
    assert heard.heard[0][1].of(0, Side.NEW) == Ended(1, 1, 0)
    await counts.flush(heard.judge)
    assert len(heard.heard) == 1


async def test_nonsense_in_the_server_does_not_count(redis: RedisClient) -> None:
    key = redis_keys.rollout_counts("t", "rol_1")
    nonsense = {"0 new granted": "many", "0 new lost": "5", "0 blue granted": "5", "x new granted": "5", "\x00": "5"}
    nonsense |= {"0 new granted": "9" * 5_000, f"{'1' * 5_000} new granted": "5", "shadow equal": "-1"}
    nonsense |= {"0 client robot denied": "5", f"0 client {'a' * 16} lost": "5"}
    await redis.hset(key, mapping=nonsense)  # type: ignore[misc]  # redis-py's type is of both clients
    assert await RolloutCounts(redis).read("t", "rol_1") == Totals({}, {})


async def test_another_type_in_the_server_loses_the_counts_and_holds_nothing_up(redis: RedisClient) -> None:
    await redis.set(redis_keys.rollout_counts("t", "rol_1"), "no hash")
    counts, heard = RolloutCounts(redis), Heard()
    add(counts, FIRST, Side.NEW, How.FAILED)
    await counts.flush(heard.judge)
    await counts.flush(heard.judge)
    assert heard.heard == []
    with pytest.raises(StoreUnavailableError):
        await counts.read("t", "rol_1")


async def test_runners_count_shadows_next_to_what_gateways_count(redis: RedisClient) -> None:
    shadows, other = ShadowCounts(redis), ShadowCounts(redis)
    for run in (ShadowRun.EQUAL, ShadowRun.EQUAL, ShadowRun.DROPPED):
        shadows.add("t", "rol_1", run)
    other.add("t", "rol_1", ShadowRun.EQUAL)
    await shadows.flush()
    await other.flush()
    await shadows.flush()
    totals = await RolloutCounts(redis).read("t", "rol_1")
    assert (totals.shadows, totals.by_step) == ({ShadowRun.EQUAL: 3, ShadowRun.DROPPED: 1}, {})
    assert await redis.ttl(redis_keys.rollout_counts("t", "rol_1")) > 0
