"""Exchange records: written in batches behind the answer, never in its way, and found again by id.

Records of clients that were authenticated have a stream, and waiting room, that nothing else takes from. What was
refused before has others, and is sampled.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from rulemint_gateway.stores.record_size import fitting, weight
from rulemint_gateway.stores.refusal_sampling import RefusalSampler
from rulemint_gateway.stores.secret_usage import note_usage
from rulemint_gateway.stores.token_counts import note_tokens
from rulemint_shared import codecs, keys
from rulemint_shared.exchanges import ExchangeRecord
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.stream_entries import StreamBounds, add_entries

log = structlog.get_logger(__name__)

MIB = 1024 * 1024
BATCH_RECORDS = 200
BATCH_BYTES = MIB
"""A batch has about so much, and one record more: no command holds the server up."""
BUFFERED_RECORDS = 20_000
BUFFERED_BYTES = 64 * MIB
BUFFERED_REFUSALS = 2_000
PAUSE_BETWEEN_BATCHES_S = 0.02
LOOK_FOR_SAMPLES_S = 1.0
PAGE_RECORDS = 500
CLOCK_SKEW_MS = 2_000
LONGEST_EXCHANGE_MS = 120_000


class ExchangeStore:
    """The bounded streams of every tenant's exchange records."""

    def __init__(
        self,
        redis: ArqRedis,
        *,
        kept_per_tenant: int,
        max_bytes: int = 64 * MIB,
        record_bytes: int = 2 * MIB,
        refusal_bytes: int = 4 * MIB,
        refusals_per_source: int = 100,
    ) -> None:
        """Of a tenant, in each of its two streams, so many records and bytes; *refusals_per_source* in a minute."""
        self._redis = redis
        self._bounds = StreamBounds(kept_per_tenant, max_bytes)
        self._refusal_bounds = StreamBounds(kept_per_tenant, refusal_bytes)
        self._record_bytes = record_bytes
        self._buffer: deque[ExchangeRecord] = deque()
        self._buffered_bytes = 0
        self._refused: deque[ExchangeRecord] = deque()
        self._sampler = RefusalSampler(refusals_per_source, _standing_for)
        self._looking: asyncio.TimerHandle | None = None
        self._writing: list[ExchangeRecord] = []
        self._lost = 0
        self._filled = asyncio.Event()

    def record(self, exchange: ExchangeRecord) -> None:
        """Keep *exchange* soon. When Redis is far behind, the oldest waiting record is lost, and counted."""
        self._buffered_bytes += weight(exchange)
        while self._buffer and (len(self._buffer) >= BUFFERED_RECORDS or self._buffered_bytes > BUFFERED_BYTES):
            self._buffered_bytes -= weight(self._buffer.popleft())
            self._lost += 1
        self._buffer.append(exchange)
        self._filled.set()

    def refuse(self, tenant: str, source: str, make: Callable[[], ExchangeRecord]) -> None:
        """Keep what *make* makes soon, unless *source* is refused too often: then it is counted, and not even made."""
        exchange = self._sampler.offer(tenant, source, make)
        if exchange is not None:
            self._keep_refusals([exchange])
        elif self._looking is None:
            self._looking = asyncio.get_running_loop().call_later(LOOK_FOR_SAMPLES_S, self._look_for_samples)

    async def write_behind(self) -> None:
        """Write what was collected, until cancelled; then write the rest."""
        try:
            while True:
                await self._filled.wait()
                await self._write_or_wait()
                await asyncio.sleep(PAUSE_BETWEEN_BATCHES_S)
        finally:
            self._keep_refusals(self._sampler.rest())
            while (self._buffer or self._refused) and await self._write_batch():
                pass

    async def find(self, tenant: str, exchange_id: str) -> ExchangeRecord | None:
        """The record of that id; None if the id is not ours, its record has left its stream, or was only counted.

        An id begins with its time and the streams are ordered by time, so the search begins where the record can be.
        """
        started_ms = exchange_time_ms(exchange_id)
        if started_ms is None:
            return None
        for exchange in (*self._buffer, *self._refused, *self._writing):
            if exchange.id == exchange_id and exchange.tenant == tenant:
                data = self._encoded(exchange)  # as it will be kept, and found from then on
                return None if data is None else _decoded(exchange_id, data)
        for stream in (keys.exchanges(tenant), keys.refused_requests(tenant)):
            data = await self._data_in(stream, exchange_id.encode(), started_ms)
            if data is not None:
                return _decoded(exchange_id, data)
        return None

    async def _data_in(self, stream: str, wanted: bytes, started_ms: int) -> bytes | None:
        cursor = str(max(0, started_ms - CLOCK_SKEW_MS))
        last = str(started_ms + LONGEST_EXCHANGE_MS)
        while True:
            page = await self._redis.xrange(stream, cursor, last, count=PAGE_RECORDS)
            for _entry_id, fields in page:
                if fields.get(b"id") == wanted:
                    data: bytes = fields.get(b"record", b"")
                    return data
            if len(page) < PAGE_RECORDS:
                return None
            cursor = "(" + page[-1][0].decode()

    def _keep_refusals(self, exchanges: Iterable[ExchangeRecord]) -> None:
        for exchange in exchanges:
            if len(self._refused) >= BUFFERED_REFUSALS:
                self._refused.popleft()
                self._lost += 1
            self._refused.append(exchange)
            self._filled.set()

    def _look_for_samples(self) -> None:
        self._keep_refusals(self._sampler.due())
        again = self._sampler.holds
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(LOOK_FOR_SAMPLES_S, self._look_for_samples) if again else None

    async def _write_or_wait(self) -> None:
        if not await self._write_batch():
            await asyncio.sleep(0.5)
        if not self._buffer and not self._refused:
            self._filled.clear()

    async def _write_batch(self) -> bool:
        kept, known = self._taken(self._buffer)
        refused, unknown = self._taken(self._refused)
        self._buffered_bytes -= sum(map(weight, kept))
        self._writing = [*kept, *refused]
        if self._lost:
            log.warning("exchange records were lost while Redis was behind", lost=self._lost)
            self._lost = 0
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for tenant, entries in known.items():
                    add_entries(pipe, keys.exchanges(tenant), entries, bounds=self._bounds)
                for tenant, entries in unknown.items():
                    add_entries(pipe, keys.refused_requests(tenant), entries, bounds=self._refusal_bounds)
                note_usage(pipe, kept)
                note_tokens(pipe, kept)
                _check(await pipe.execute(raise_on_error=False))
        except (RedisError, OSError) as error:
            log.warning("could not write exchange records, trying again", error=str(error), waiting=len(self._writing))
            self._put_back(kept, refused)
            return False
        except asyncio.CancelledError:
            self._put_back(kept, refused)  # perhaps written, perhaps not: twice is better than never
            raise
        finally:
            self._writing = []
        return True

    def _put_back(self, kept: list[ExchangeRecord], refused: list[ExchangeRecord]) -> None:
        self._buffer.extendleft(reversed(kept))
        self._refused.extendleft(reversed(refused))
        self._buffered_bytes += sum(map(weight, kept))

    def _taken(
        self, waiting: deque[ExchangeRecord]
    ) -> tuple[list[ExchangeRecord], dict[str, list[tuple[str | bytes, ...]]]]:
        """The first of *waiting*, which wait no longer; and tenant → what its stream gets of them."""
        taken: list[ExchangeRecord] = []
        entries: defaultdict[str, list[tuple[str | bytes, ...]]] = defaultdict(list)
        size = 0
        while waiting and len(taken) < BATCH_RECORDS and size < BATCH_BYTES:
            exchange = waiting.popleft()
            taken.append(exchange)
            if (data := self._encoded(exchange)) is not None:
                entries[exchange.tenant].append(("id", exchange.id, "record", data))
                size += len(data)
        return taken, entries

    def _encoded(self, exchange: ExchangeRecord) -> bytes | None:
        """The record's bytes; None if it has none: a bug of ours, which costs this record and not the service."""
        try:
            return fitting(exchange, max_bytes=self._record_bytes)
        except Exception:
            log.exception("an exchange record cannot be kept", exchange=exchange.id)
            return None


def _standing_for(exchange: ExchangeRecord, more: int) -> ExchangeRecord:
    return msgspec.structs.replace(exchange, more_like_it=more)


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


def _decoded(exchange_id: str, data: bytes) -> ExchangeRecord | None:
    try:
        return codecs.exchange.decode(data)
    except codecs.DecodeError as error:
        log.warning("left out a malformed exchange record", exchange=exchange_id, error=str(error))
        return None
