"""Is a change on disk, here and on as many replicas as the operator wants, before it is acknowledged?"""

from __future__ import annotations

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError

from rulemint_shared.contract import redis_keys
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

CONFIRM_TIMEOUT_MS = 3_000


class NotDurableError(Exception):
    """The server, or a replica, did not confirm a write in time."""


class Durability:
    """Asks at every write, so that a server whose persistence is turned on later confirms from then on."""

    def __init__(self, redis: RedisClient, *, replicas: int = 0) -> None:
        """*replicas* must have a write too before it counts."""
        self._redis = redis
        self._replicas = replicas
        self.is_confirmed = True
        """The last write is on disk, as far as anybody asked."""

    async def confirm(self, revision: int, *, marker: str | None = None) -> None:
        """Return once the write that made *revision* is safe. Where the server has no disk for it, the log says so.

        ``WAITAOF`` answers for the writes of its own connection, so something is written on the one that waits. The
        server on it may be another one than took the write, so that must have the *marker* of the write.

        Raises:
            NotDurableError: it is not safe in time, or was lost with the server that took it.
            RedisError, OSError: Redis does not answer.
        """
        async with self._redis.pipeline(transaction=False) as pipe:
            self._write(pipe, revision, marker)
            pipe.execute_command("WAITAOF", 1, self._replicas, CONFIRM_TIMEOUT_MS)
            found, _written, confirmed = await pipe.execute(raise_on_error=False)
        _check_found(found, marker)
        if isinstance(confirmed, ResponseError):
            self._note(confirmed)
            await self._confirm_replicas(revision, marker)
        elif isinstance(confirmed, Exception):
            raise confirmed
        else:
            self._note(None)
            local, on_replicas = confirmed
            if local < 1:
                raise NotDurableError("the server did not write to disk in time")
            if on_replicas < self._replicas:
                raise NotDurableError(f"{on_replicas} of {self._replicas} replicas wrote to disk in time")

    async def _confirm_replicas(self, revision: int, marker: str | None) -> None:
        """Without a disk, replicas can still have it in memory."""
        if not self._replicas:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            self._write(pipe, revision, marker)
            pipe.wait(self._replicas, CONFIRM_TIMEOUT_MS)
            found, _written, reached = await pipe.execute()
        _check_found(found, marker)
        if reached < self._replicas:
            raise NotDurableError(f"{reached} of {self._replicas} replicas have the write")

    def _write(self, pipe: Pipeline, revision: int, marker: str | None) -> None:
        pipe.exists(marker or redis_keys.REVISION)
        pipe.set(redis_keys.DURABLE_REVISION, revision)

    def _note(self, refusal: ResponseError | None) -> None:
        if refusal is not None and self.is_confirmed:
            log.warning("the server cannot confirm writes to disk: use append-only persistence", error=str(refusal))
        elif refusal is None and not self.is_confirmed:
            log.info("the server confirms writes to disk again")
        self.is_confirmed = refusal is None


def _check_found(found: int | Exception, marker: str | None) -> None:
    if isinstance(found, Exception):
        raise found
    if marker is not None and not found:
        raise NotDurableError("another server took over, which does not have the change")
