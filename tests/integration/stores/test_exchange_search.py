"""Token requests found by the index of their streams: the same as by looking at all, whoever wrote and trimmed them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from rulemint_gateway.management.exchanges.exchanges import ExchangeFilter, Exchanges
from rulemint_gateway.stores.traffic import stream_search
from rulemint_gateway.stores.traffic.exchange_names import client_name, names_of
from rulemint_gateway.stores.traffic.exchange_search import ExchangeSearch, search
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.stores.traffic.log_store import CLOCK_SKEW_MS, LogStore, Place
from rulemint_gateway.stores.traffic.stream_search import Query
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.contract.messages import RuleReport
from rulemint_shared.ids import new_exchange_id
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.connection import open_redis
from rulemint_shared.streams.entries import Addition, Marks, StreamBounds
from rulemint_shared.streams.sending import send

T = "t"
STREAM, REFUSED = redis_keys.exchanges(T), redis_keys.refused_requests(T)
INDEX = redis_keys.stream_index(STREAM)
BEGAN_MS = 1_790_000_000_000
CLIENTS, RULES = ("a", "b", "rare"), ("plan", "gate")
OUTCOMES = ("granted", "granted", "granted", "denied", "failed:timeout", "failed:crashed")
SEED = 20_261_130


@pytest.fixture
async def redis(empty_redis_url: str) -> AsyncIterator[RedisClient]:
    async with open_redis(empty_redis_url) as opened:
        yield opened


class Writers:
    """Several gateways, of this release and of one without an index, that write records of one tenant."""

    def __init__(self, redis: RedisClient, draw: random.Random, *, kept: int = 1_000_000, began_ms: int = 0) -> None:
        """*began_ms*: about now; without it their records waited long for the server."""
        self._steps = (0,) if began_ms else (0, 0, 1, 5, 2_000)
        self._redis = redis
        self._draw = draw
        self._bounds = StreamBounds(kept, 2**30)
        self._marks = [Marks() for _ in range(3)]
        self._now_ms = began_ms or BEGAN_MS

    def a_record(self) -> ExchangeRecord:
        draw = self._draw
        self._now_ms += draw.choice(self._steps)
        began_ms = self._now_ms - draw.choice((0, 3, 40_000))  # some were long under way, or waited for Redis
        client = "rare" if draw.random() < 0.005 else draw.choice(CLIENTS[:2])
        rules = [RuleReport(rule=rule, version=1, scope_given=[]) for rule in RULES[: draw.randrange(3)]]
        name = new_exchange_id(began_ms)
        return ExchangeRecord(
            id=name, tenant=T, started_at_ms=began_ms, status=200, outcome=draw.choice(OUTCOMES), jti=name,
            client_id=client, first_rule="plan" if rules else "", rules=rules,
        )  # fmt: skip

    async def write(
        self, many: int, *, stream: str = STREAM, with_index: bool = True, **changes: Any
    ) -> list[ExchangeRecord]:
        records = [msgspec.structs.replace(self.a_record(), **changes) for _ in range(many)]
        addition = Addition(
            stream,
            [("id", each.id, "record", codecs.exchange.encode(each)) for each in records],
            self._bounds,
            mark=self._draw.choice(self._marks).next(),
            names=names_of(stream, records) if with_index else None,
        )
        assert await send(self._redis, [addition]) == []
        return records


async def listed(redis: RedisClient, wanted: ExchangeFilter, *, newest_first: bool, count: int) -> list[str]:
    """All pages together."""
    exchanges = Exchanges(ExchangeStore(redis, kept_per_tenant=100), LogStore(redis), ExchangeSearch(redis))
    found: list[str] = []
    beyond: str | None = None
    while True:
        page = await exchanges.page(T, wanted, beyond=beyond, count=count, newest_first=newest_first)
        assert len(page.exchanges) <= count
        found += [each.id for each in page.exchanges]
        if isinstance(page.next, msgspec.UnsetType):
            return found
        assert page.next != beyond
        beyond = page.next


async def everything(redis: RedisClient) -> list[ExchangeRecord]:
    """What is kept, in the order of writing."""
    placed = []
    for letter, stream in (("e", STREAM), ("u", REFUSED)):
        for entry_id, fields in await redis.xrange(stream):
            ms, _, number = entry_id.decode().partition("-")
            placed.append((Place(int(ms), int(number), letter), codecs.exchange.decode(fields[b"record"])))
    return [record for _place, record in sorted(placed, key=lambda each: each[0])]


def shown(record: ExchangeRecord, wanted: ExchangeFilter) -> bool:
    return wanted.shows(codecs.exchange_summary.decode(codecs.exchange.encode(record)))


def a_filter(draw: random.Random, records: list[ExchangeRecord]) -> ExchangeFilter:
    moments = sorted(draw.choice(records).started_at_ms for _ in range(2))
    return ExchangeFilter(
        client_id=draw.choice((None, None, *CLIENTS, "nobody")),
        rule=draw.choice((None, None, *RULES)),
        outcome=draw.choice((None, None, "granted", "failed", "failed:timeout", "denied")),
        since_ms=draw.choice((0, moments[0])),
        until_ms=draw.choice((None, moments[1])),
    )


@pytest.mark.parametrize("kept", [1_000_000, 700], ids=["nothing left", "the oldest left"])
async def test_what_is_found_is_what_looking_at_all_finds(redis: RedisClient, kept: int) -> None:
    draw = random.Random(SEED)
    writers = Writers(redis, draw, kept=kept)
    for number in range(90):
        many = 300 if number == 40 else draw.choice((1, 2, 20, 60))
        stream = REFUSED if number % 5 == 0 else STREAM
        await writers.write(many, stream=stream, with_index=number % 13 not in {0, 1, 2})
    records = await everything(redis)
    assert (len(records) < 2_000) == (kept == 700)
    for _ in range(20):
        wanted = a_filter(draw, records)
        expected = [each.id for each in records if shown(each, wanted)]
        newest_first, count = draw.random() < 0.5, draw.choice((7, 50, 100))
        found = await listed(redis, wanted, newest_first=newest_first, count=count)
        assert found == (expected[::-1] if newest_first else expected), wanted


async def test_a_record_is_found_by_its_id_and_its_token_by_its_jti_with_an_index_and_without(
    redis: RedisClient,
) -> None:
    draw = random.Random(SEED)
    writers = Writers(redis, draw, began_ms=unix_ms())
    for with_index in (False, True, False, True):
        records = await writers.write(30, with_index=with_index, stream=STREAM if with_index else REFUSED)
        record = draw.choice(records)
        assert await ExchangeStore(redis, kept_per_tenant=100).find(T, record.id) == record
        for newest_first in (True, False):
            wanted = ExchangeFilter(jti=record.id)
            assert await listed(redis, wanted, newest_first=newest_first, count=5) == [record.id]


async def test_a_record_that_waited_long_for_the_server_is_found_by_its_id(redis: RedisClient) -> None:
    (record, *_others) = await Writers(redis, random.Random(SEED)).write(30)
    assert await ExchangeStore(redis, kept_per_tenant=100).find(T, record.id) == record


async def test_only_what_has_the_names_is_read(redis: RedisClient) -> None:
    writers = Writers(redis, random.Random(SEED))
    for _ in range(10):
        await writers.write(100)
    records = await everything(redis)
    query = Query([client_name("rare")])
    read = [data async for _place, data in search(redis, T, query, newest_first=True) if data is not None]
    assert len(read) == sum(each.client_id == "rare" for each in records)
    assert 0 < len(read) < 30


async def test_the_index_leaves_with_its_entries(redis: RedisClient) -> None:
    writers = Writers(redis, random.Random(SEED), kept=1_000)
    await writers.write(100)
    for _ in range(12):
        await writers.write(100)
    fields_before = await redis.hlen(INDEX)  # type: ignore[misc]  # redis-py's stub is not async here
    for _ in range(20):
        await writers.write(100)
    assert await redis.hlen(INDEX) < 2 * fields_before  # type: ignore[misc]  # as above
    state = (await redis.hget(INDEX, "state")).split()  # type: ignore[misc]  # as above
    assert int(state[1]) - int(state[0]) < 20


@pytest.mark.parametrize("garbage", ["state", "a segment", "its names", "its blocks", "another type", "everything"])
async def test_an_index_that_cannot_be_read_hides_nothing_and_is_made_anew(redis: RedisClient, garbage: str) -> None:
    writers = Writers(redis, random.Random(SEED))
    await writers.write(150)
    if garbage == "another type":
        await redis.set(INDEX, "text")
    elif garbage == "everything":
        await redis.delete(INDEX)
    else:
        fields = list(await redis.hkeys(INDEX))  # type: ignore[misc]  # as above
        ends: dict[str, Any] = {
            "state": lambda field: field == b"state",
            "a segment": lambda field: field == b"1",
            "its names": lambda field: field.startswith(b"1:"),
            "its blocks": lambda field: field == b"1/",
        }
        for field in filter(ends[garbage], fields):
            await redis.hset(INDEX, field, b"\xff\x00nonsense")  # type: ignore[misc, arg-type]  # it takes bytes, too
    await writers.write(20)
    records = await everything(redis)
    for wanted in (ExchangeFilter(client_id="a"), ExchangeFilter(until_ms=records[90].started_at_ms)):
        found = await listed(redis, wanted, newest_first=True, count=50)
        assert found == [each.id for each in records if shown(each, wanted)][::-1]
    await writers.write(20)
    assert len(await everything(redis)) == 190


async def test_a_call_that_has_decoded_much_says_where_to_go_on(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_search, "DECODED_BYTES", 100)
    writers = Writers(redis, random.Random(SEED))
    for _ in range(3):
        await writers.write(40, client_id="a", outcome="granted")
        await writers.write(40, client_id="b", outcome="denied")
        await writers.write(1, with_index=False)
    exchanges = Exchanges(ExchangeStore(redis, kept_per_tenant=100), LogStore(redis), ExchangeSearch(redis))
    never = ExchangeFilter(client_id="a", outcome="denied")
    for newest_first in (True, False):
        page = await exchanges.page(T, never, beyond=None, count=100, newest_first=newest_first)
        assert (page.exchanges, isinstance(page.next, str)) == ([], True)
        for wanted in (never, ExchangeFilter(client_id="a", rule="gate"), ExchangeFilter(outcome="denied")):
            expected = [each.id for each in await everything(redis) if shown(each, wanted)]
            found = await listed(redis, wanted, newest_first=newest_first, count=5)
            assert found == (expected[::-1] if newest_first else expected)


HUGE = "9" * 15


@pytest.mark.parametrize(
    "state", [f"0 {HUGE} 1 1 0-1", f"{HUGE} 0 1 1 0-1", f"{HUGE}0 {HUGE}1 1 1 0-1", "1 1 1 1 1-1 "]
)
async def test_a_state_of_very_many_segments_is_none_and_holds_nobody_up(redis: RedisClient, state: str) -> None:
    writers = Writers(redis, random.Random(SEED), kept=100)
    await writers.write(100)
    await redis.hset(INDEX, "state", state)  # type: ignore[misc]  # redis-py's stub is not async here
    for _ in range(3):
        await writers.write(60)  # the oldest leave
    records = await everything(redis)
    wanted = ExchangeFilter(client_id="a")
    found = await listed(redis, wanted, newest_first=True, count=50)
    assert found == [each.id for each in records if shown(each, wanted)][::-1]
    head, tail, *_rest = (await redis.hget(INDEX, "state")).split()  # type: ignore[misc]  # as above
    assert 0 < int(head) <= int(tail) < 10


async def test_an_index_of_another_type_is_searched_around_before_it_is_made_anew(redis: RedisClient) -> None:
    await Writers(redis, random.Random(SEED)).write(150)
    await redis.set(INDEX, "text")
    records = await everything(redis)
    for wanted in (ExchangeFilter(client_id="a"), ExchangeFilter(until_ms=records[90].started_at_ms)):
        found = await listed(redis, wanted, newest_first=True, count=50)
        assert found == [each.id for each in records if shown(each, wanted)][::-1]


async def test_the_place_behind_the_last_of_a_millisecond_is_in_the_next_one(
    redis: RedisClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_search, "DECODED_BYTES", 100)
    writers = Writers(redis, random.Random(SEED), began_ms=unix_ms() + 60_000)
    for number in range(30):
        await writers.write(4, client_id="ab"[number % 2], outcome=("granted", "denied")[number % 2])
    ((first, _fields),) = await redis.xrange(STREAM, count=1)
    since_ms = int(first.partition(b"-")[0]) + CLOCK_SKEW_MS + 1  # the index is looked at from the next ms on
    wanted = ExchangeFilter(client_id="a", outcome="denied", since_ms=since_ms)
    assert await listed(redis, wanted, newest_first=True, count=5) == []
