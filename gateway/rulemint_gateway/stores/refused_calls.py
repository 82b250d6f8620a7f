"""The management calls that were refused, in a stream of their own, of which no client can fill all."""

from __future__ import annotations

import asyncio

import msgspec
import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_gateway.stores.audit import refusal_record
from rulemint_gateway.stores.calls import Call
from rulemint_gateway.stores.refusal_sampling import RefusalSampler
from rulemint_shared import codecs, keys
from rulemint_shared.audit import AuditRecord
from rulemint_shared.stream_entries import StreamBounds, add_entries

log = structlog.get_logger(__name__)

LOOK_FOR_SAMPLES_S = 1.0


class RefusedCalls:
    """Keeps what was refused; a refusal that cannot be kept is one all the same."""

    def __init__(
        self, redis: ArqRedis, *, kept_per_tenant: int, max_bytes: int = 4 * 1024 * 1024, per_client: int = 100
    ) -> None:
        """Of a tenant, so many records and bytes; *per_client*: so many a minute are kept in full."""
        self._redis = redis
        self._bounds = StreamBounds(kept_per_tenant, max_bytes)
        self._sampler = RefusalSampler(per_client, _standing_for)

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
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                entries = [("record", codecs.audit.encode(record))]
                add_entries(pipe, keys.refused_calls(record.tenant), entries, bounds=self._bounds)
                await pipe.execute()
        except (RedisError, OSError) as failure:
            log.warning("a refused call was not recorded", tenant=record.tenant, error=str(failure))


def _standing_for(record: AuditRecord, more: int) -> AuditRecord:
    return msgspec.structs.replace(record, more_like_it=more)
