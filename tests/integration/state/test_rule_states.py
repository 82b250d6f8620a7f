"""What Valkey keeps of a rule, and what it refuses to keep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from fixtures.waiting import eventually
from rulemint_runner.flow.rule_state import ConflictError, Document, Owner, RuleStateError, RuleStates
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.records import Rule
from rulemint_shared.contract.rule_state import (
    MAX_CACHE_RECORDS,
    MAX_CACHE_TTL_MS,
    MAX_DOCUMENT_BYTES,
    CacheRecord,
    StoredCache,
    StoredDocument,
)
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

MINE, OTHER, ELSEWHERE = Owner("acme", "rul_1"), Owner("acme", "rul_2"), Owner("beta", "rul_1")


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        for owner in (MINE, OTHER, ELSEWHERE):
            rule = codecs.rule.encode(Rule(id=owner.rule_id, name="a rule"))
            await opened.hset(redis_keys.rules(owner.tenant), owner.rule_id, rule)  # type: ignore[arg-type,misc]  # bytes
        yield opened


@pytest.fixture
def states(redis: RedisClient) -> RuleStates:
    return RuleStates(redis)


def record(value: str = "", *, in_ms: int = 60_000) -> CacheRecord:
    return CacheRecord(value=value, expires_at=unix_ms() + in_ms)


async def test_a_rule_that_has_stored_nothing_has_no_document(states: RuleStates) -> None:
    assert await states.document(MINE) == Document(None, None)


async def test_a_document_belongs_to_one_rule_of_one_tenant(states: RuleStates) -> None:
    await states.replace_document(MINE, '"mine"', etag=None, force=False)
    assert (await states.document(MINE)).data == '"mine"'
    assert [await states.document(owner) for owner in (OTHER, ELSEWHERE)] == [Document(None, None)] * 2


async def test_a_document_is_replaced_by_whoever_knows_its_etag(states: RuleStates) -> None:
    first = await states.replace_document(MINE, "1", etag=None, force=False)
    second = await states.replace_document(MINE, "2", etag=first.etag, force=False)
    assert first.etag != second.etag
    assert await states.document(MINE) == second


@pytest.mark.parametrize("etag", [None, "0", "2", "of another kind"])
async def test_a_document_that_is_another_is_left_alone_and_shown(states: RuleStates, etag: str | None) -> None:
    kept = await states.replace_document(MINE, "1", etag=None, force=False)
    with pytest.raises(ConflictError) as caught:
        await states.replace_document(MINE, "2", etag=etag, force=False)
    assert caught.value.document == await states.document(MINE) == kept


async def test_by_force_a_document_is_replaced_whatever_it_is(states: RuleStates) -> None:
    for text in ("1", "2"):
        await states.replace_document(MINE, text, etag="of another kind", force=True)
    assert (await states.document(MINE)).data == "2"


async def test_a_cleared_document_is_none_and_its_etag_never_comes_again(states: RuleStates) -> None:
    first = await states.replace_document(MINE, "1", etag=None, force=False)
    cleared = await states.replace_document(MINE, None, etag=None, force=True)
    assert cleared == await states.document(MINE) == Document(None, None)
    assert (await states.replace_document(MINE, "1", etag=None, force=False)).etag != first.etag


async def test_of_many_who_replace_one_document_at_once_exactly_one_succeeds(states: RuleStates) -> None:
    before = await states.replace_document(MINE, "0", etag=None, force=False)
    tries = [states.replace_document(MINE, str(n), etag=before.etag, force=False) for n in range(1, 9)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    (written,) = [result for result in results if isinstance(result, Document)]
    assert all(isinstance(result, ConflictError) for result in results if result is not written)
    assert await states.document(MINE) == written


async def test_many_who_replace_by_force_at_once_all_succeed(states: RuleStates) -> None:
    await asyncio.gather(*(states.replace_document(MINE, str(n), etag=None, force=True) for n in range(8)))
    assert (await states.document(MINE)).etag == "8"


async def test_a_document_may_be_as_large_as_is_documented_and_no_larger(states: RuleStates) -> None:
    await states.replace_document(MINE, "x" * MAX_DOCUMENT_BYTES, etag=None, force=True)
    with pytest.raises(RuleStateError, match=f"larger than {MAX_DOCUMENT_BYTES} bytes"):
        await states.replace_document(MINE, "ü" * (MAX_DOCUMENT_BYTES // 2) + "x", etag=None, force=True)
    assert (await states.document(MINE)).data == "x" * MAX_DOCUMENT_BYTES


async def test_what_is_written_for_a_deleted_rule_is_not_kept(redis: RedisClient, states: RuleStates) -> None:
    await redis.hdel(redis_keys.rules(MINE.tenant), MINE.rule_id)  # type: ignore[misc]  # redis-py's stub is not async here
    with pytest.raises(RuleStateError, match="deleted"):
        await states.replace_document(MINE, "1", etag=None, force=True)
    with pytest.raises(RuleStateError, match="deleted"):
        await states.change_cache(MINE, {"key": record()}, [])
    assert await redis.exists(redis_keys.rule_storage(*MINE), redis_keys.rule_cache(*MINE)) == 0


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xc1", id="no MessagePack"),
        pytest.param(codecs.stored_cache.encode(StoredCache(records={})), id="another record"),
        pytest.param(msgspec.msgpack.encode(StoredDocument(version=0, data="1")), id="a version that none has"),
        pytest.param(
            msgspec.msgpack.encode(StoredDocument(version=1, data="x" * (MAX_DOCUMENT_BYTES + 1))),
            id="too large",
        ),
    ],
)
async def test_a_stored_document_that_cannot_be_one_is_not_handed_out(
    redis: RedisClient, states: RuleStates, content: bytes
) -> None:
    await redis.set(redis_keys.rule_storage(*MINE), content)
    with pytest.raises(RuleStateError, match="not readable"):
        await states.document(MINE)


async def test_a_cache_belongs_to_one_rule_of_one_tenant(states: RuleStates) -> None:
    mine = {"key": record("mine")}
    await states.change_cache(MINE, mine, [])
    assert await states.cache(MINE) == mine
    assert [await states.cache(owner) for owner in (OTHER, ELSEWHERE)] == [{}, {}]


async def test_changes_of_a_cache_leave_what_they_do_not_name(states: RuleStates) -> None:
    a, b, c = record("a"), record("b"), record("c")
    await states.change_cache(MINE, {"a": a, "b": a}, [])
    await states.change_cache(MINE, {"b": b, "c": c}, ["a", "not there"])
    assert await states.cache(MINE) == {"b": b, "c": c}


async def test_of_one_record_the_last_write_stays_and_of_different_ones_all(states: RuleStates) -> None:
    await asyncio.gather(*(states.change_cache(MINE, {f"key {n}": record(str(n))}, []) for n in range(8)))
    assert {key: kept.value for key, kept in (await states.cache(MINE)).items()} == {
        f"key {n}": str(n) for n in range(8)
    }


async def test_an_expired_record_is_gone_and_with_the_last_one_the_key(redis: RedisClient, states: RuleStates) -> None:
    await states.change_cache(MINE, {"soon": record(in_ms=150), "later": record(in_ms=400)}, [])
    await eventually(lambda: states.cache(MINE), lambda cache: set(cache) <= {"later"})
    await eventually(lambda: redis.exists(redis_keys.rule_cache(*MINE)), lambda there: not there)


async def test_a_cache_of_which_everything_was_deleted_leaves_no_key(redis: RedisClient, states: RuleStates) -> None:
    await states.change_cache(MINE, {"key": record()}, [])
    await states.change_cache(MINE, {}, ["key"])
    assert await redis.exists(redis_keys.rule_cache(*MINE)) == 0


async def test_no_record_lives_longer_than_a_day(states: RuleStates) -> None:
    await states.change_cache(MINE, {"key": record(in_ms=10 * MAX_CACHE_TTL_MS)}, [])
    assert (await states.cache(MINE))["key"].expires_at <= unix_ms() + MAX_CACHE_TTL_MS


async def test_a_cache_that_is_too_large_is_not_kept(states: RuleStates) -> None:
    with pytest.raises(RuleStateError, match="too large"):
        await states.change_cache(MINE, {key: record("x" * 4_000) for key in "abc"}, [])
    assert await states.cache(MINE) == {}


async def test_where_there_is_no_room_for_all_those_go_that_expire_first(states: RuleStates) -> None:
    old = {f"old {n}": record(in_ms=60_000 + n) for n in range(MAX_CACHE_RECORDS)}
    await states.change_cache(MINE, old, [])
    await states.change_cache(MINE, {"new": record(in_ms=1_000)}, [])
    assert set(await states.cache(MINE)) == {*old, "new"} - {"old 0"}


async def test_a_stored_cache_that_cannot_be_one_is_not_handed_out(redis: RedisClient, states: RuleStates) -> None:
    await redis.set(redis_keys.rule_cache(*MINE), codecs.stored_document.encode(StoredDocument(version=1, data="{}")))
    with pytest.raises(RuleStateError, match="not readable"):
        await states.cache(MINE)


async def test_a_record_of_a_cache_that_cannot_be_read_does_not_cost_the_others(
    states: RuleStates, redis: RedisClient
) -> None:
    good = record("good")
    bad: dict[str, object] = {"value": "x" * 10_000, "expires_at": good.expires_at}
    records: dict[str, object] = {"good": good, "bad": bad, "k" * 1_000: record(), "none": 7}
    await redis.set(redis_keys.rule_cache(*MINE), msgspec.msgpack.encode({"records": records}))
    assert await states.cache(MINE) == {"good": good}
    await states.change_cache(MINE, {"new": record("new")}, ())
    assert set(await states.cache(MINE)) == {"good", "new"}
