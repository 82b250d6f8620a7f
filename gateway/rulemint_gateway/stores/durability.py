"""Is a change on disk, here and on as many replicas as the operator wants, before it is acknowledged?"""

from __future__ import annotations

import structlog
from arq.connections import ArqRedis
from redis.exceptions import ResponseError

from rulemint_shared import keys

log = structlog.get_logger(__name__)

CONFIRM_TIMEOUT_MS = 3_000


class NotDurableError(Exception):
    """The server, or a replica, did not confirm a write in time."""


class Durability:
    """Asks at every write, so that a server whose persistence is turned on later confirms from then on."""

    def __init__(self, redis: ArqRedis, *, replicas: int = 0) -> None:
        """*replicas* must have a write too before it counts."""
        self._redis = redis
        self._replicas = replicas
        self.is_confirmed = True
        """Whether the last write is on disk, as far as anybody asked."""

    async def confirm(self, revision: int) -> None:
        """Return once the write that made *revision* is safe. Where the server has no disk for it, the log says so.

        ``WAITAOF`` answers for the writes of its own connection, so a marker is written on the one that waits.

        Raises:
            NotDurableError: it is not safe in time.
            RedisError, OSError: Redis does not answer.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.DURABLE_REVISION, revision)
            pipe.execute_command("WAITAOF", 1, self._replicas, CONFIRM_TIMEOUT_MS)
            _written, confirmed = await pipe.execute(raise_on_error=False)
        if isinstance(confirmed, ResponseError):
            self._note(confirmed)
            await self._confirm_replicas(revision)
        elif isinstance(confirmed, Exception):
            raise confirmed
        else:
            self._note(None)
            local, on_replicas = confirmed
            if local < 1:
                raise NotDurableError("the server did not write to disk in time")
            if on_replicas < self._replicas:
                raise NotDurableError(f"{on_replicas} of {self._replicas} replicas wrote to disk in time")

    async def _confirm_replicas(self, revision: int) -> None:
        """Without a disk, replicas can still have it in memory."""
        if not self._replicas:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.DURABLE_REVISION, revision)
            pipe.wait(self._replicas, CONFIRM_TIMEOUT_MS)
            _written, reached = await pipe.execute()
        if reached < self._replicas:
            raise NotDurableError(f"{reached} of {self._replicas} replicas have the write")

    def _note(self, refusal: ResponseError | None) -> None:
        if refusal is not None and self.is_confirmed:
            log.warning("the server cannot confirm writes to disk: use append-only persistence", error=str(refusal))
        elif refusal is None and not self.is_confirmed:
            log.info("the server confirms writes to disk again")
        self.is_confirmed = refusal is None
