"""Log records → their tenant's stream: in order, as they are written, never in anybody's way.

What waits is shared out among tenants, so one that floods the log loses lines of its own only. A tenant's watchers are
told of each line that was lost, in its place. A round that Redis did not answer for is sent again as it is.
"""

from __future__ import annotations

import asyncio

import structlog
from redis.exceptions import RedisError

from rulemint_shared.contract import codecs
from rulemint_shared.contract.log_records import LogRecord
from rulemint_shared.fairness.backlog import FairBacklog, Taken
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import Addition
from rulemint_shared.streams.log_stream import LogStreamWriter
from rulemint_shared.streams.rounds import Pauses
from rulemint_shared.streams.sending import send

log = structlog.get_logger(__name__)

MIB = 1024 * 1024
WAITING_RECORDS = 20_000
WAITING_BYTES = 32 * MIB
"""Of all tenants together, without the round under way."""
ROUND_RECORDS = 500
ROUND_BYTES = MIB
"""No command holds the server up."""
PAUSES = Pauses(shortest_s=0.02, each_stream_s=0.002, longest_s=0.1)
"""Between two rounds. Records of a tenant from that time go together: most invocations are one addition."""
PAUSE_WITHOUT_REDIS_S = 0.5


class LogPublisher:
    """Publishes what it is given, many records in one round trip when they come fast."""

    def __init__(self, redis: RedisClient, writer: LogStreamWriter) -> None:
        self._redis = redis
        self._writer = writer
        self._waiting: FairBacklog[bytes] = FairBacklog(max_items=WAITING_RECORDS, max_bytes=WAITING_BYTES)
        self._round: list[tuple[Addition, Taken[bytes]]] = []
        """Sent, and not answered for."""
        self._streams = 0
        """Those of the last round."""
        self._filled = asyncio.Event()

    @property
    def lost(self) -> int:
        """Count the records that were ever lost."""
        return self._waiting.lost

    def publish(self, tenant: str, record: LogRecord) -> None:
        """Send *record* to the watchers of *tenant* soon; one that cannot travel is lost alone.

        When Redis is far behind, the oldest records of the tenant that has most waiting are lost, and counted.
        """
        try:
            data = codecs.log_record.encode_own(record)  # each kind's maker keeps to its bounds
        except codecs.EncodeError as error:
            log.warning("a log record cannot travel", tenant=tenant, invocation=record.invocation, error=str(error))
            self._waiting.lose(tenant, 1)
            return
        self._waiting.add(tenant, data, len(data))
        self._filled.set()

    async def run(self) -> None:
        """Publish until cancelled; then publish the rest, if Redis takes it at once."""
        try:
            while True:
                await self._filled.wait()
                await self._publish_or_wait()
                await asyncio.sleep(PAUSES.after(self._streams))
        finally:
            while (self._round or self._waiting) and await self._publish_round():
                pass

    async def _publish_or_wait(self) -> None:
        if not await self._publish_round():
            await asyncio.sleep(PAUSE_WITHOUT_REDIS_S)
        elif not self._waiting:
            self._filled.clear()

    async def _publish_round(self) -> bool:
        """Publish the next round, and tell whether it is settled: written, or refused by itself."""
        # A round that Redis did not answer for is sent again as it was: by its mark the server knows what it has.
        if not self._round:
            taken = self._waiting.take(max_items=ROUND_RECORDS, max_bytes=ROUND_BYTES)
            self._round = [(self._addition(each), each) for each in taken]
            self._streams = len(self._round)
        try:
            refused = await send(self._redis, [addition for addition, _taken in self._round])
        except (RedisError, OSError) as error:
            log.warning("could not write log records, trying again", error=str(error), waiting=len(self._waiting))
            return False
        for index in refused:
            tenant, records, lost = self._round[index][1]
            self._waiting.lose(tenant, len(records))
            self._waiting.not_told(tenant, lost)
        self._round = []
        return True

    def _addition(self, taken: Taken[bytes]) -> Addition:
        tenant, records, lost = taken
        if lost:
            log.warning("log records were lost", tenant=tenant, lost=lost)
        return self._writer.addition(tenant, records, lost=lost)
