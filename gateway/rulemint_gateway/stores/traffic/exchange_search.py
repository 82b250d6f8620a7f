"""Exchange records by client, rule, outcome and time, found by the index of their stream and not by looking at all.

The streams of one tenant (`stream_search`) are merged by the places of their entries.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import Enum

import msgspec

from rulemint_gateway.stores.traffic.log_store import Place, server_ms, summary_of
from rulemint_gateway.stores.traffic.stream_search import STREAMS, Query, StreamSearch
from rulemint_shared.contract.exchanges import ExchangeSummary
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.redis.client import RedisClient

LONGEST_EXCHANGE_MS = 120_000


class Enough(Enum):
    """Up to this place nothing more fits, and enough was done for once."""

    ENOUGH = "enough"


ENOUGH = Enough.ENOUGH
Looked = ExchangeSummary | None | Enough
"""A token request; or None, which stands for one that cannot be read."""


class ExchangeSearch:
    """Finds token requests of a tenant."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    async def found(
        self, tenant: str, query: Query, *, newest_first: bool, beyond: Place | None = None
    ) -> AsyncIterator[tuple[Place, Looked]]:
        """Those that may fit *query*, in the order of writing, from *beyond* on.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        # What is written in this very millisecond may be followed by more in it, which nobody would ask for again.
        now_ms = None if newest_first else await server_ms(self._redis)
        async for place, data in search(self._redis, tenant, query, newest_first=newest_first, beyond=beyond):
            if now_ms is not None and place.ms >= now_ms:
                return
            yield place, ENOUGH if data is None else summary_of(place, data)

    async def one(
        self, tenant: str, exchange_id: str, *, newest_first: bool, beyond: Place | None = None
    ) -> AsyncIterator[tuple[Place, Looked]]:
        """The one with this id, unless *beyond* is behind it.

        Raises:
            StoreUnavailableError: Redis does not answer.
        """
        found = await find_written(self._redis, tenant, exchange_id)
        if found is not None and (beyond is None or (found[0] < beyond if newest_first else found[0] > beyond)):
            yield found[0], summary_of(*found)


async def find_written(redis: RedisClient, tenant: str, exchange_id: str) -> tuple[Place, bytes] | None:
    """The place and the bytes of the record of that id, if it was written and is still kept.

    An id begins with its time, and the index says which records began then.

    Raises:
        StoreUnavailableError: Redis does not answer.
    """
    started_ms = exchange_time_ms(exchange_id)
    if started_ms is None:
        return None
    query = Query(since_ms=started_ms, until_ms=started_ms + 1)
    last_ms = started_ms + LONGEST_EXCHANGE_MS
    async for place, data in search(redis, tenant, query, newest_first=False, gaps_until_ms=last_ms):
        if data is not None and _id_of(data) == exchange_id:
            return place, data
    return None


async def search(
    redis: RedisClient,
    tenant: str,
    query: Query,
    *,
    newest_first: bool,
    beyond: Place | None = None,
    gaps_until_ms: int | None = None,
) -> AsyncIterator[tuple[Place, bytes | None]]:
    """Entries that may fit *query* in the order of writing: their places and records, from *beyond* on.

    None is no record: up to this place nothing more fits, and the caller may stop here. *gaps_until_ms*: what no
    index knows, and was written later, is not looked at.

    Raises:
        StoreUnavailableError: Redis does not answer.
    """
    sources = [
        StreamSearch(
            redis, tenant, letter, query, newest_first=newest_first, beyond=beyond, gaps_until_ms=gaps_until_ms
        )
        for letter in STREAMS
    ]
    heads = [await source.next() for source in sources]
    while any(heads):
        first = (max if newest_first else min)(head[0] for head in heads if head is not None)
        for number, head in enumerate(heads):
            if head is not None and head[0] == first:
                yield head
                heads[number] = await sources[number].next()
                break


class _OnlyId(msgspec.Struct):
    id: str


_only_id = msgspec.msgpack.Decoder(_OnlyId)


def _id_of(data: bytes) -> str:
    try:
        return _only_id.decode(data).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
