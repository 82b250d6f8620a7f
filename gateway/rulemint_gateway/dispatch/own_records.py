"""Log records that a gateway writes itself, of invocations that no runner can account for: behind the answer.

The answer of such an invocation is owed now, and Redis may be why there is none.
"""

from __future__ import annotations

import asyncio
from collections import deque

import structlog
from arq.connections import ArqRedis
from redis.exceptions import OutOfMemoryError, ReadOnlyError, RedisError

from rulemint_shared import codecs
from rulemint_shared.log_stream import LogStreamWriter
from rulemint_shared.messages import InvocationEnded

log = structlog.get_logger(__name__)

BUFFERED_RECORDS = 10_000
BATCH_RECORDS = 200
PAUSE_WITHOUT_REDIS_S = 0.5


class OwnRecords:
    """Collects them, and writes them to the logs of their tenants."""

    def __init__(self, redis: ArqRedis, writer: LogStreamWriter) -> None:
        self._redis = redis
        self._writer = writer
        self._buffer: deque[tuple[str, bytes]] = deque()
        self._lost = 0
        self._filled = asyncio.Event()

    def add(self, tenant: str, record: InvocationEnded) -> None:
        """Write *record* soon. When Redis is far behind, the oldest waiting one is lost, and counted.

        One that cannot travel is refused alone, here, and named in the log.
        """
        try:
            data = codecs.log_record.encode(record)
        except codecs.EncodeError as error:
            log.warning("a log record cannot travel", tenant=tenant, error=str(error))
            return
        if len(self._buffer) >= BUFFERED_RECORDS:
            self._buffer.popleft()
            self._lost += 1
        self._buffer.append((tenant, data))
        self._filled.set()

    async def write_behind(self) -> None:
        """Write what `add` collected, until cancelled."""
        while True:
            await self._filled.wait()
            try:
                await self._write_some()
            except (RedisError, OSError) as error:
                log.warning("could not write log records, trying again", error=str(error), waiting=len(self._buffer))
                await asyncio.sleep(PAUSE_WITHOUT_REDIS_S)

    async def _write_some(self) -> None:
        """Write a batch; what Redis has answered for leaves the buffer. A refused tenant costs no other its records."""
        batch = [self._buffer[place] for place in range(min(BATCH_RECORDS, len(self._buffer)))]
        by_tenant: dict[str, list[bytes]] = {}
        for tenant, record in batch:
            by_tenant.setdefault(tenant, []).append(record)
        async with self._redis.pipeline(transaction=False) as pipe:
            for tenant, records in by_tenant.items():
                self._writer.append(pipe, tenant, records)
            answers = await pipe.execute(raise_on_error=False)
        for answer in answers:
            if isinstance(answer, OutOfMemoryError | ReadOnlyError):
                raise answer  # it takes nothing from anybody for now
            if isinstance(answer, RedisError):
                log.warning("log records of a tenant were refused", error=str(answer))
        if self._lost:
            log.warning("log records were lost while Redis was behind", lost=self._lost)
            self._lost = 0
        written = {id(entry) for entry in batch}
        self._buffer = deque(entry for entry in self._buffer if id(entry) not in written)
        if not self._buffer:
            self._filled.clear()
