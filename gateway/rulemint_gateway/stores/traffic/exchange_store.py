"""Exchange records: written in batches behind the answer, never in its way, and found again by id.

Records of clients that were authenticated have a stream, and waiting room, that nothing else takes from. What was
refused before has others, and is sampled. Waiting room is shared out among tenants. A batch that Redis did not answer
for is sent again as it is, and its records stand in their streams once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec
import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.traffic.exchange_names import names_of
from rulemint_gateway.stores.traffic.exchange_search import find_written
from rulemint_gateway.stores.traffic.minute_counts import MinuteCounts
from rulemint_gateway.stores.traffic.record_size import fitting, weight
from rulemint_gateway.stores.traffic.refusal_sampling import RefusalSampler
from rulemint_gateway.stores.traffic.secret_usage import Usage, UsageNotes, note_usage
from rulemint_gateway.stores.traffic.token_counts import issued_tokens
from rulemint_gateway.stores.traffic.token_use import TokenUse
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.exchanges import ExchangeRecord
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.backlog import FairBacklog, Taken
from rulemint_shared.ids import exchange_time_ms
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Addition, Marks, StreamBounds
from rulemint_shared.streams.rounds import Pauses
from rulemint_shared.streams.sending import send

log = structlog.get_logger(__name__)

MIB = 1024 * 1024
BATCH_RECORDS = 400
BATCH_BYTES = MIB
"""A batch has about so much, and one record more: no command holds the server up."""
BUFFERED_RECORDS = 20_000
BUFFERED_BYTES = 64 * MIB
BUFFERED_REFUSALS = 2_000
BUFFERED_REFUSAL_BYTES = 16 * MIB
PAUSES = Pauses(shortest_s=0.05, each_stream_s=0.005, longest_s=0.2)
"""Unless there is a whole batch already. A tenant's records of that time are one addition to its stream."""
LOOK_FOR_SAMPLES_S = 1.0
TRIM_INTERVAL_S = 10.0
REMEMBERED = 10_000


@dataclass(frozen=True)
class _Batch:
    """Records that are written in one round trip, and again if nobody knows whether they were."""

    kept: list[ExchangeRecord]
    refused: list[ExchangeRecord]
    additions: list[Addition]
    usage: Usage

    def of(self, tenant: str) -> list[ExchangeRecord]:
        return [each for each in (*self.kept, *self.refused) if each.tenant == tenant]


class ExchangeStore:
    """The bounded streams of every tenant's exchange records."""

    def __init__(
        self,
        redis: RedisClient,
        *,
        kept_per_tenant: int,
        age_s: int = 90 * 86_400,
        max_bytes: int = 64 * MIB,
        record_bytes: int = 2 * MIB,
        refusal_bytes: int = 4 * MIB,
        refusals_per_source: int = 100,
        minutes: MinuteCounts | None = None,
    ) -> None:
        """Of a tenant, in each of its two streams, so many records and bytes, *age_s* old at most.

        *refusals_per_source* in a minute are kept whole. *minutes* has the counts of this gateway, its own by default.
        """
        self._redis = redis
        self.use = TokenUse(redis)
        """Counts the tokens that clients asked for, by their records."""
        self.minutes = MinuteCounts(redis) if minutes is None else minutes
        """Counts token requests by minute and outcome."""
        self._bounds = StreamBounds(kept_per_tenant, max_bytes)
        self._refusal_bounds = StreamBounds(kept_per_tenant, refusal_bytes)
        self._age_s = age_s
        self._trims: dict[str, Deadline] = {}
        """A stream → when it is looked at again for what is too old."""
        self._record_bytes = record_bytes
        self._waiting: FairBacklog[ExchangeRecord] = FairBacklog(max_items=BUFFERED_RECORDS, max_bytes=BUFFERED_BYTES)
        self._refused: FairBacklog[ExchangeRecord] = FairBacklog(
            max_items=BUFFERED_REFUSALS, max_bytes=BUFFERED_REFUSAL_BYTES
        )
        self._marks = Marks()
        self._usage = UsageNotes()
        self._sampler = RefusalSampler(refusals_per_source, _standing_for)
        self._looking: asyncio.TimerHandle | None = None
        self._batch: _Batch | None = None
        """Sent, and not answered for."""
        self._streams = 0
        """Those of the last batch."""
        self._filled = asyncio.Event()

    @property
    def lost(self) -> int:
        """The number of records that were ever lost."""
        return self._waiting.lost + self._refused.lost

    def record(self, exchange: ExchangeRecord) -> None:
        """Keep *exchange* soon.

        When Redis is far behind, the oldest records of the tenant that has most waiting are lost, and counted.
        """
        self._waiting.add(exchange.tenant, exchange, weight(exchange))
        self.use.note(exchange)
        self.minutes.note(exchange)
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
                if len(self._waiting) < BATCH_RECORDS:
                    await asyncio.sleep(PAUSES.after(self._streams))
        finally:
            self._keep_refusals(self._sampler.rest())
            while (self._batch or self._waiting or self._refused) and await self._write_batch():
                pass

    async def find(self, tenant: str, exchange_id: str) -> ExchangeRecord | None:
        """The record of that id; None if the id is not ours, its record has left its stream, or was only counted."""
        if exchange_time_ms(exchange_id) is None:
            return None
        being_written = self._batch.of(tenant) if self._batch else ()
        for exchange in (*self._waiting.of(tenant), *self._refused.of(tenant), *being_written):
            if exchange.id == exchange_id:
                data = self._encoded(exchange)  # as it will be kept, and found from then on
                return None if data is None else _decoded(exchange_id, data)
        found = await find_written(self._redis, tenant, exchange_id)
        return None if found is None else _decoded(exchange_id, found[1])

    def _keep_refusals(self, exchanges: Iterable[ExchangeRecord]) -> None:
        for exchange in exchanges:
            self._refused.add(exchange.tenant, exchange, weight(exchange))
            self.minutes.note(exchange)
            self._filled.set()

    def _look_for_samples(self) -> None:
        self._keep_refusals(self._sampler.due())
        again = self._sampler.holds
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(LOOK_FOR_SAMPLES_S, self._look_for_samples) if again else None

    async def _write_or_wait(self) -> None:
        if not await self._write_batch():
            await asyncio.sleep(0.5)
        elif not self._waiting and not self._refused:
            self._filled.clear()

    async def _write_batch(self) -> bool:
        """True if the next batch is settled: written, or refused by itself."""
        batch = self._batch = self._batch or self._next_batch()
        try:
            refused = await send(self._redis, batch.additions, also=lambda pipe: note_usage(pipe, batch.usage))
        except (RedisError, OSError) as error:
            waiting = len(self._waiting) + len(self._refused)
            log.warning("could not write exchange records, trying again", error=str(error), waiting=waiting)
            return False  # the same batch again: its marks tell the server what it has already
        for index in refused:
            log.warning("exchange records were lost", records=len(batch.additions[index].entries))
        self._batch = None
        return True

    def _next_batch(self) -> _Batch:
        kept = self._waiting.take(max_items=BATCH_RECORDS, max_bytes=BATCH_BYTES)
        refused = self._refused.take(max_items=BATCH_RECORDS, max_bytes=BATCH_BYTES)
        additions = [
            self._addition(redis_keys.exchanges(each.tenant), each, self._bounds)._replace(
                counts=issued_tokens(each.tenant, each.items)
            )
            for each in kept
        ]
        additions += [
            self._addition(redis_keys.refused_requests(each.tenant), each, self._refusal_bounds) for each in refused
        ]
        self._streams = len(additions)
        exchanges = [exchange for each in kept for exchange in each.items]
        refusals = [exchange for each in refused for exchange in each.items]
        return _Batch(exchanges, refusals, additions, self._usage.due(exchanges))

    def _addition(self, stream: str, taken: Taken[ExchangeRecord], bounds: StreamBounds) -> Addition:
        if taken.lost:
            log.warning("exchange records were lost while Redis was behind", tenant=taken.tenant, lost=taken.lost)
        encoded = [(exchange, data) for exchange in taken.items if (data := self._encoded(exchange))]
        entries: list[tuple[str | bytes, ...]] = [("id", exchange.id, "record", data) for exchange, data in encoded]
        names = names_of(stream, [exchange for exchange, _data in encoded]) if encoded else None
        addition = Addition(stream, entries, bounds, mark=self._marks.next(), names=names)
        trim = self._trims.get(stream)
        if trim is not None and not trim.passed():
            return addition
        if len(self._trims) >= REMEMBERED:
            self._trims.clear()
        self._trims[stream] = Deadline.after(TRIM_INTERVAL_S)
        return addition._replace(not_before=str(unix_ms() - self._age_s * 1000))

    def _encoded(self, exchange: ExchangeRecord) -> bytes | None:
        """The record's bytes; None if it has none: a bug of ours, which costs this record and not the service."""
        try:
            return fitting(exchange, max_bytes=self._record_bytes)
        except Exception:
            log.exception("an exchange record cannot be kept", exchange=exchange.id)
            return None


def _standing_for(exchange: ExchangeRecord, more: int) -> ExchangeRecord:
    return msgspec.structs.replace(exchange, more_like_it=more)


def _decoded(exchange_id: str, data: bytes) -> ExchangeRecord | None:
    try:
        return codecs.exchange.decode(data)
    except codecs.DecodeError as error:
        log.warning("left out a malformed exchange record", exchange=exchange_id, error=str(error))
        return None
