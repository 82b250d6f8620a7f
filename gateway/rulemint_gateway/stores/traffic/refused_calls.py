"""The management calls that were refused, in a stream of their own, of which no client can fill all.

Those of one tenant are written one after the other, so that one whose reply was lost is recognised when it comes again.
"""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

import msgspec
import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.traffic.refusal_sampling import RefusalSampler
from rulemint_gateway.stores.writing.audit import refusal_record
from rulemint_gateway.stores.writing.calls import Call
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.audit import AuditRecord
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Addition, Marks, StreamBounds
from rulemint_shared.streams.sending import send

log = structlog.get_logger(__name__)

LOOK_FOR_SAMPLES_S = 1.0
WRITTEN_WITHIN_S = 5.0
"""Or not at all: somebody waits for the answer."""


class RefusedCalls:
    """Keeps what was refused; a refusal that cannot be kept is one all the same."""

    def __init__(
        self, redis: RedisClient, *, kept_per_tenant: int, max_bytes: int = 4 * 1024 * 1024, per_client: int = 100
    ) -> None:
        """Of a tenant, so many records and bytes; *per_client*: so many a minute are kept in full."""
        self._redis = redis
        self._bounds = StreamBounds(kept_per_tenant, max_bytes)
        self._sampler = RefusalSampler(per_client, _standing_for)
        self._marks = Marks()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """Of each tenant for which something is being written."""

    async def record(self, call: Call, *, status: int, error: str) -> None:
        """Keep that *call* was answered *status*, unless its client is refused too often: then it is counted."""
        record = self._sampler.offer(
            call.tenant, call.client_id or call.ip, lambda: refusal_record(call, status=status, error=error)
        )
        if record is not None:
            await self._write(record)

    async def write_samples(self) -> None:
        """Write the records that stand for many, until cancelled; then those that still wait."""
        try:
            while True:
                await asyncio.sleep(LOOK_FOR_SAMPLES_S)
                for record in self._sampler.due():
                    await self._write(record)
        finally:
            for record in self._sampler.rest():
                await self._write(record)

    async def _write(self, record: AuditRecord) -> None:
        stream, entries = redis_keys.refused_calls(record.tenant), [("record", codecs.audit.encode(record))]
        turn = self._turns.setdefault(record.tenant, asyncio.Lock())
        try:
            async with asyncio.timeout(WRITTEN_WITHIN_S), turn:
                await send(self._redis, [Addition(stream, entries, self._bounds, mark=self._marks.next())])
        except (RedisError, OSError) as failure:
            log.warning("a refused call was not recorded", tenant=record.tenant, error=str(failure))


def _standing_for(record: AuditRecord, more: int) -> AuditRecord:
    return msgspec.structs.replace(record, more_like_it=more)
