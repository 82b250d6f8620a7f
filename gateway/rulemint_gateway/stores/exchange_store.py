"""Exchange records: written in batches behind the answer, never in its way, and found again by id."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Iterable
from typing import Any

import structlog
from arq.connections import ArqRedis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from rulemint_gateway.stores.secret_usage import note_usage
from rulemint_gateway.stores.token_counts import note_tokens
from rulemint_shared import codecs, keys
from rulemint_shared.exchanges import ExchangeRecord
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.stream_entries import add_entries

log = structlog.get_logger(__name__)

BATCH_RECORDS = 200
BUFFERED_RECORDS = 20_000
PAUSE_BETWEEN_BATCHES_S = 0.02
PAGE_RECORDS = 500
CLOCK_SKEW_MS = 2_000
LONGEST_EXCHANGE_MS = 120_000


class ExchangeStore:
    """The capped stream of every tenant's exchange records."""

    def __init__(self, redis: ArqRedis, *, kept_per_tenant: int) -> None:
        self._redis = redis
        self._kept_per_tenant = kept_per_tenant
        self._buffer: deque[ExchangeRecord] = deque()
        self._writing: list[ExchangeRecord] = []
        self._lost = 0
        self._filled = asyncio.Event()

    def record(self, exchange: ExchangeRecord) -> None:
        """Keep *exchange* soon. When Redis is far behind, the oldest waiting record is lost, and counted."""
        if len(self._buffer) >= BUFFERED_RECORDS:
            self._buffer.popleft()
            self._lost += 1
        self._buffer.append(exchange)
        self._filled.set()

    async def write_behind(self) -> None:
        """Write what `record` collected, until cancelled; then write the rest."""
        try:
            while True:
                await self._filled.wait()
                await self._write_or_wait()
                await asyncio.sleep(PAUSE_BETWEEN_BATCHES_S)
        finally:
            while self._buffer and await self._write_batch():
                pass

    async def find(self, tenant: str, exchange_id: str) -> ExchangeRecord | None:
        """The record of that id; None if the id is not ours or its record has left the stream.

        An id begins with its time and the stream is ordered by time, so the search begins where the record can be.
        """
        started_ms = exchange_time_ms(exchange_id)
        if started_ms is None:
            return None
        for exchange in (*self._buffer, *self._writing):
            if exchange.id == exchange_id and exchange.tenant == tenant:
                return exchange
        cursor = str(max(0, started_ms - CLOCK_SKEW_MS))
        last = str(started_ms + LONGEST_EXCHANGE_MS)
        wanted = exchange_id.encode()
        while True:
            page = await self._redis.xrange(keys.exchanges(tenant), cursor, last, count=PAGE_RECORDS)
            for _entry_id, fields in page:
                if fields.get(b"id") == wanted:
                    return _decoded(exchange_id, fields.get(b"record", b""))
            if len(page) < PAGE_RECORDS:
                return None
            cursor = "(" + page[-1][0].decode()

    async def _write_or_wait(self) -> None:
        if not await self._write_batch():
            await asyncio.sleep(0.5)
        if not self._buffer:
            self._filled.clear()

    async def _write_batch(self) -> bool:
        batch = self._writing = [self._buffer.popleft() for _ in range(min(BATCH_RECORDS, len(self._buffer)))]
        if self._lost:
            log.warning("exchange records were lost while Redis was behind", lost=self._lost)
            self._lost = 0
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for tenant, entries in _entries(batch).items():
                    add_entries(pipe, keys.exchanges(tenant), entries, kept=self._kept_per_tenant)
                note_usage(pipe, batch)
                note_tokens(pipe, batch)
                _check(await pipe.execute(raise_on_error=False))
        except (RedisError, OSError) as error:
            log.warning("could not write exchange records, trying again", error=str(error), waiting=len(batch))
            self._buffer.extendleft(reversed(batch))
            return False
        except asyncio.CancelledError:
            self._buffer.extendleft(reversed(batch))  # perhaps written, perhaps not: twice is better than never
            raise
        finally:
            self._writing = []
        return True


def _check(answers: list[Any]) -> None:
    """Note what the server refused: of one tenant's key, it costs that tenant's records and nobody else's.

    Raises:
        OutOfMemoryError, ReadOnlyError: it refuses everything for now.
    """
    for answer in answers:
        if isinstance(answer, OutOfMemoryError | ReadOnlyError):
            raise answer
        if isinstance(answer, RedisError):
            log.warning("exchange records of a tenant were refused", error=str(answer))


def _entries(batch: Iterable[ExchangeRecord]) -> dict[str, list[tuple[str | bytes, ...]]]:
    """Tenant → what its stream gets."""
    entries: defaultdict[str, list[tuple[str | bytes, ...]]] = defaultdict(list)
    for exchange in batch:
        if (data := _encoded(exchange)) is not None:
            entries[exchange.tenant].append(("id", exchange.id, "record", data))
    return entries


def _encoded(exchange: ExchangeRecord) -> bytes | None:
    """The record's bytes; None if it has none: a bug of ours, which costs this record and not the service."""
    try:
        return codecs.exchange.encode(exchange)
    except Exception:
        log.exception("an exchange record cannot be kept", exchange=exchange.id)
        return None


def _decoded(exchange_id: str, data: bytes) -> ExchangeRecord | None:
    try:
        return codecs.exchange.decode(data)
    except codecs.DecodeError as error:
        log.warning("left out a malformed exchange record", exchange=exchange_id, error=str(error))
        return None
