"""The list of token requests, by its use case and without HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.exchanges.answers import ExchangeList
from rulemint_gateway.management.exchanges.exchanges import LOOKED_AT, ExchangeFilter, Exchanges
from rulemint_gateway.stores.traffic.exchange_search import ExchangeSearch
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.traffic.log_store import LogStore
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.messages import RuleReport
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis

T = "t"
HOUR_MS = 3_600_000
EVERYTHING = ExchangeFilter()
RAN = RuleReport(rule="plan", version=2, scope_given=[])
GRANTED = ExchangeRecord(
    id="exc_000000000000000000000000aaaa", tenant=T, started_at_ms=0, status=200, outcome="granted", client_id="c",
    rules=[RAN], first_rule="plan", jti="tok_1", secret_name="first",
)  # fmt: skip
WRONG_SECRET = ExchangeRecord(
    id="exc_000000000000000000000000bbbb", tenant=T, started_at_ms=0, status=401, outcome="refused:invalid_client",
    client_id="guessed",
)  # fmt: skip


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


def exchanges(redis: RedisClient) -> Exchanges:
    return Exchanges(ExchangeStore(redis, kept_per_tenant=10_000), LogStore(redis), ExchangeSearch(redis))


async def write(redis: RedisClient, record: ExchangeRecord, at_ms: int, **changes: Any) -> None:
    """A record that began at *at_ms* and was written a moment later."""
    stream = redis_keys.exchanges if record.secret_name else redis_keys.refused_requests
    changed = msgspec.structs.replace(record, started_at_ms=at_ms, **changes)
    data = codecs.exchange.encode(changed)
    await redis.xadd(stream(T), {"id": changed.id, "record": data}, id=f"{at_ms + 5}-*")


async def ids_of(
    redis: RedisClient, wanted: ExchangeFilter, *, newest_first: bool = True, count: int = 100
) -> list[str]:
    """All that are listed, from as many answers as there are."""
    found: list[str] = []
    beyond: str | None = None
    while True:
        page: ExchangeList = await exchanges(redis).page(
            T, wanted, beyond=beyond, count=count, newest_first=newest_first
        )
        assert len(page.exchanges) <= count
        found += [each.id for each in page.exchanges]
        if isinstance(page.next, msgspec.UnsetType):
            return found
        beyond = page.next


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("count", [1, 2, 5, 6])
async def test_checkpoints_show_every_token_request_once_and_in_order(
    redis: RedisClient, count: int, *, newest_first: bool
) -> None:
    for number in range(5):
        await write(redis, GRANTED if number % 2 else WRONG_SECRET, 10_000, id=f"exc_{number}")
    found = await ids_of(redis, EVERYTHING, newest_first=newest_first, count=count)
    assert sorted(found) == [f"exc_{number}" for number in range(5)]
    assert found == (await ids_of(redis, EVERYTHING, newest_first=not newest_first))[::-1]


@pytest.mark.parametrize(
    ("wanted", "is_shown"),
    [
        pytest.param({"client_id": "c"}, True, id="client"),
        pytest.param({"client_id": "guessed"}, False, id="another client"),
        pytest.param({"rule": "plan"}, True, id="rule"),
        pytest.param({"rule": "pla"}, False, id="another rule"),
        pytest.param({"outcome": "granted"}, True, id="outcome"),
        pytest.param({"outcome": "refused"}, False, id="another outcome"),
        pytest.param({"id": "0000aaaa"}, True, id="end of its id"),
        pytest.param({"jti": "tok_1"}, True, id="jti"),
        pytest.param({"jti": "tok_2"}, False, id="another jti"),
        pytest.param({"since_ms": HOUR_MS}, True, id="since its beginning"),
        pytest.param({"since_ms": HOUR_MS + 1}, False, id="since later"),
        pytest.param({"until_ms": HOUR_MS + 1}, True, id="until later"),
        pytest.param({"until_ms": HOUR_MS}, False, id="until its beginning"),
    ],
)
@pytest.mark.parametrize("newest_first", [True, False])
async def test_filters_show_what_they_say(
    redis: RedisClient, wanted: dict[str, Any], *, is_shown: bool, newest_first: bool
) -> None:
    await write(redis, GRANTED, HOUR_MS)
    found = await ids_of(redis, ExchangeFilter(**wanted), newest_first=newest_first)
    assert found == ([GRANTED.id] if is_shown else [])


async def test_the_first_word_of_an_outcome_stands_for_all_that_begin_with_it(redis: RedisClient) -> None:
    await write(redis, WRONG_SECRET, HOUR_MS)
    await write(redis, GRANTED, HOUR_MS, outcome="failed:timeout", id="exc_1")
    assert await ids_of(redis, ExchangeFilter(outcome="refused")) == [WRONG_SECRET.id]
    assert await ids_of(redis, ExchangeFilter(outcome="failed")) == ["exc_1"]
    assert await ids_of(redis, ExchangeFilter(outcome="failed:crashed")) == []


async def test_a_rule_that_no_runner_took_up_is_found_by_its_name(redis: RedisClient) -> None:
    await write(redis, GRANTED, HOUR_MS, rules=[], outcome="failed:interrupted")
    assert await ids_of(redis, ExchangeFilter(rule="plan")) == [GRANTED.id]


@pytest.mark.parametrize("newest_first", [True, False])
async def test_one_answer_looks_at_a_thousand_records_and_says_where_to_go_on(
    redis: RedisClient, *, newest_first: bool
) -> None:
    for number in range(LOOKED_AT + 2):
        await write(redis, GRANTED, HOUR_MS, id=f"exc_{number}")
    wanted = ExchangeFilter(client_id="nobody")
    first = await exchanges(redis).page(T, wanted, beyond=None, count=10, newest_first=newest_first)
    assert first.exchanges == []
    assert isinstance(first.next, str)
    rest = await exchanges(redis).page(T, wanted, beyond=first.next, count=10, newest_first=newest_first)
    assert rest == ExchangeList(exchanges=[])


async def test_what_follows_the_last_one_that_was_seen_is_asked_for_by_its_place(redis: RedisClient) -> None:
    await write(redis, GRANTED, HOUR_MS, id="exc_1")
    (seen,) = (await exchanges(redis).page(T, EVERYTHING, beyond=None, count=1, newest_first=True)).exchanges
    await write(redis, GRANTED, HOUR_MS + 1, id="exc_2")
    page = await exchanges(redis).page(T, EVERYTHING, beyond=seen.log_id, count=10, newest_first=False)
    assert [each.id for each in page.exchanges] == ["exc_2"]


async def test_a_record_that_cannot_be_read_is_passed_over(redis: RedisClient) -> None:
    await redis.xadd(redis_keys.exchanges(T), {"id": "exc_1", "record": b"nonsense"}, id="1-0")
    await write(redis, GRANTED, HOUR_MS)
    assert await ids_of(redis, EVERYTHING, count=1) == [GRANTED.id]


async def test_a_place_that_is_none_is_refused_by_its_name(redis: RedisClient) -> None:
    with pytest.raises(InvalidBodyError, match="from must be the next of another answer"):
        await exchanges(redis).page(T, EVERYTHING, beyond="exc_1", count=1, newest_first=True)
