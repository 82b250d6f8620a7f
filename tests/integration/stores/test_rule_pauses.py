"""The pauses of rules that gateways keep for each other in one server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest

from rulemint_gateway.stores.traffic import rule_pauses
from rulemint_gateway.stores.traffic.rule_pauses import RulePauses
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.messages import (
    ClientView,
    Failed,
    FailureReason,
    Invocation,
    RequestView,
    RulePause,
    RuleRef,
)
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

PAUSE = RulePause(rule_id="rul_1", version=1, client_id="", for_ms=60_000, why="three crashes")
ASKED = Invocation(
    id="exc_1",
    tenant="t",
    client=ClientView(tenant="t", id="c", name="c", metadata={}),
    audience="https://api/",
    scope=[],
    request=RequestView(ip="", user_agent="", body={}),
    flow=[RuleRef(rule_id="rul_1", name="r", version=1, secrets_revision=4, resumed_at_ms=5)],
    deadline_ms=0,
    enqueued_at_ms=0,
)


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


def paused(pause: RulePause | None = PAUSE) -> Failed:
    return Failed(reason=FailureReason.CRASHED, pauses_for_ms=60_000, pause=pause)


async def test_every_gateway_reads_what_one_has_heard(redis: RedisClient) -> None:
    one, other = RulePauses(redis), RulePauses(redis)
    for _ in range(3):
        one.learn(ASKED, paused())
    await one.flush()
    (kept,) = await other.of_tenant("t")
    assert (kept.rule_id, kept.version, kept.secrets_revision, kept.client_id) == ("rul_1", 1, 4, "")
    assert (kept.why, kept.resumed_at_ms) == ("three crashes", 5)
    assert await other.of_tenant("another") == []
    assert await redis.pttl(redis_keys.rule_pauses("t")) > 0


async def test_a_pause_that_is_over_is_not_read_and_leaves_with_the_next(redis: RedisClient) -> None:
    pauses = RulePauses(redis)
    pauses.learn(ASKED, paused(msgspec.structs.replace(PAUSE, for_ms=0)))
    await pauses.flush()
    assert await pauses.of_tenant("t") == []
    pauses.learn(ASKED, paused())
    await pauses.flush()
    assert await redis.zcard(redis_keys.rule_pauses("t")) == 1


async def test_a_trial_a_rule_of_no_flow_and_a_failure_without_a_pause_leave_nothing(redis: RedisClient) -> None:
    pauses = RulePauses(redis)
    pauses.learn(ASKED, paused(None))
    pauses.learn(ASKED, paused(msgspec.structs.replace(PAUSE, rule_id="rul_2")))
    await pauses.flush()
    assert await redis.exists(redis_keys.rule_pauses("t")) == 0


async def test_so_many_of_a_tenant_are_kept_those_that_end_last(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rule_pauses, "KEPT", 5)
    pauses = RulePauses(redis)
    for number in range(9):
        pause = msgspec.structs.replace(PAUSE, client_id=f"c{number}", for_ms=60_000 + number * 1_000)
        pauses.learn(ASKED, paused(pause))
    await pauses.flush()
    assert sorted(kept.client_id for kept in await pauses.of_tenant("t")) == ["c4", "c5", "c6", "c7", "c8"]


async def test_what_is_malformed_is_left_out(redis: RedisClient) -> None:
    pauses = RulePauses(redis)
    pauses.learn(ASKED, paused())
    await pauses.flush()
    await redis.zadd(redis_keys.rule_pauses("t"), {b"\xff": 9e15})
    assert len(await pauses.of_tenant("t")) == 1


async def test_a_key_of_another_type_hides_pauses_and_nothing_else(redis: RedisClient) -> None:
    await redis.set(redis_keys.rule_pauses("t"), "a text")
    pauses = RulePauses(redis)
    pauses.learn(ASKED, paused())
    await pauses.flush()
    assert await pauses.of_tenant("t") == []


async def test_while_nobody_answers_a_pause_is_lost_and_a_reader_hears_it() -> None:
    async with open_redis("redis://127.0.0.1:1/0") as away:
        pauses = RulePauses(away)
        pauses.learn(ASKED, paused())
        await pauses.flush()
        with pytest.raises(StoreUnavailableError):
            await pauses.of_tenant("t")
