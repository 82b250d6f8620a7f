"""Log records → their tenant's stream: in order, as they are written, never in an invocation's way."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError

from rulemint_shared import codecs
from rulemint_shared.log_stream import LogStreamWriter
from rulemint_shared.messages import LogRecord

log = structlog.get_logger(__name__)

BUFFERED_RECORDS = 20_000
RECORDS_PER_ROUND_TRIP = 500
PAUSE_BETWEEN_ROUND_TRIPS_S = 0.005
"""What is written meanwhile goes together; nobody sees a line later for it than for the hubs' own pauses."""


class LogPublisher:
    """Publishes what it is given, many records in one round trip when they come fast."""

    def __init__(self, redis: ArqRedis, writer: LogStreamWriter) -> None:
        self._redis = redis
        self._writer = writer
        self._buffer: deque[tuple[str, bytes]] = deque()
        self._filled = asyncio.Event()
        self._lost = 0

    def publish(self, tenant: str, record: LogRecord) -> None:
        """Send *record* to the watchers of *tenant* soon. When Redis is far behind, the oldest is lost, and counted."""
        try:
            encoded = codecs.log_record.encode(record)
        except codecs.EncodeError as error:
            log.warning("a log record was left out", invocation=record.invocation, error=str(error))
            return
        if len(self._buffer) >= BUFFERED_RECORDS:
            self._buffer.popleft()
            self._lost += 1
        self._buffer.append((tenant, encoded))
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled; then publish the rest."""
        try:
            while True:
                await self._filled.wait()
                await self._publish_batch()
                await asyncio.sleep(PAUSE_BETWEEN_ROUND_TRIPS_S)
        finally:
            while self._buffer:
                await self._publish_batch()

    async def _publish_batch(self) -> None:
        batch = [self._buffer.popleft() for _ in range(min(RECORDS_PER_ROUND_TRIP, len(self._buffer)))]
        of_tenants: defaultdict[str, list[bytes]] = defaultdict(list)
        for tenant, record in batch:
            of_tenants[tenant].append(record)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for tenant, records in of_tenants.items():
                    self._writer.append(pipe, tenant, records)
                refused = [
                    answer for answer in await pipe.execute(raise_on_error=False) if isinstance(answer, RedisError)
                ]
            if refused:  # of one tenant's stream: the others have theirs
                log.warning("log records of a tenant were refused", error=str(refused[0]))
        except (RedisError, OSError) as error:
            self._lost += len(batch)
            log.warning("log records were lost", lost=self._lost, error=str(error))
            self._lost = 0
        if not self._buffer:
            self._filled.clear()
