"""Changing the configuration: one optimistic transaction at a time over all tenants, durable when it returns.

Every transaction watches the revision. It plans its writes against the catalog at exactly that revision, so checks such
as "this name is free" hold when the writes happen; if another gateway was faster, it plans again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError, ResponseError, WatchError

from rulemint_gateway.stores.catalog import Catalog, CatalogBehindError
from rulemint_gateway.stores.tables import Table
from rulemint_shared import codecs, keys
from rulemint_shared.messages import ChangedRecord, ConfigChange

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 50
FSYNC_TIMEOUT_MS = 3_000

R = TypeVar("R")


class StoreUnavailableError(Exception):
    """The change could not be made, or could not be made durable; the caller should try again."""


@dataclass
class Changes(Generic[R]):
    """What a plan wants written, and what its caller gets back."""

    result: R
    puts: list[tuple[Table[Any], Any]] = field(default_factory=list)
    deletes: list[tuple[Table[Any], str]] = field(default_factory=list)
    dropped_keys: list[str] = field(default_factory=list)

    def put(self, table: Table[Any], record: Any) -> None:
        """Write *record*."""
        self.puts.append((table, record))

    def delete(self, table: Table[Any], record_id: str) -> None:
        """Delete the record."""
        self.deletes.append((table, record_id))

    def drop_key(self, key: str) -> None:
        """Delete what belongs to a deleted record and is none itself."""
        self.dropped_keys.append(key)

    def changed_records(self) -> list[ChangedRecord]:
        """What the change message names."""
        written = [ChangedRecord(kind=table.kind, id=table.id_of(record)) for table, record in self.puts]
        return written + [ChangedRecord(kind=table.kind, id=record_id) for table, record_id in self.deletes]


class ConfigStore:
    """The only writer of configuration records."""

    def __init__(self, redis: ArqRedis, catalog: Catalog) -> None:
        self._redis = redis
        self._catalog = catalog
        self._fsync_is_known_missing = False

    async def transact(self, tenant: str, plan: Callable[[], Awaitable[Changes[R]]]) -> R:
        """Run *plan* against the current catalog and write what it says; returns its result.

        *plan* may run several times and must read only the catalog and Redis. When this returns, the change is on
        disk where the server can say so, and the catalog of this gateway shows it.

        Raises:
            StoreUnavailableError: Redis does not answer, or too many others write at once.
        """
        try:
            for _attempt in range(MAX_ATTEMPTS):
                revision, changes = await self._attempt(tenant, plan)
                if revision is not None:
                    await self._wait_for_fsync(revision)
                    await self._catalog.wait_for(revision)
                    return changes.result
        except (RedisError, OSError, CatalogBehindError) as error:
            raise StoreUnavailableError(str(error)) from error
        raise StoreUnavailableError("too many writes at once")

    async def _attempt(self, tenant: str, plan: Callable[[], Awaitable[Changes[R]]]) -> tuple[int | None, Changes[R]]:
        async with self._redis.pipeline(transaction=True) as pipe:
            await pipe.watch(keys.REVISION)
            revision = int(await pipe.get(keys.REVISION) or 0)
            await self._catalog.wait_for(revision)
            changes = await plan()
            if not changes.puts and not changes.deletes:
                return revision, changes
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py has no types here
            for table, record in changes.puts:
                pipe.hset(table.key(tenant), mapping={table.id_of(record): table.codec.encode(record)})
            for table, record_id in changes.deletes:
                pipe.hdel(table.key(tenant), record_id)
            for key in changes.dropped_keys:
                pipe.delete(key)
            change = ConfigChange(revision=revision + 1, tenant=tenant, records=changes.changed_records())
            pipe.set(keys.REVISION, revision + 1)
            pipe.publish(keys.CHANGES, codecs.config_change.encode(change))
            try:
                await pipe.execute()
            except WatchError:
                return None, changes
            return revision + 1, changes

    async def _wait_for_fsync(self, revision: int) -> None:
        """WAITAOF answers for the writes of its own connection, so a marker is written on the one that waits."""
        if self._fsync_is_known_missing:
            return
        async with self._redis.pipeline(transaction=False) as pipe:
            pipe.set(keys.DURABLE_REVISION, revision)
            pipe.execute_command("WAITAOF", 1, 0, FSYNC_TIMEOUT_MS)
            _written, fsynced = await pipe.execute(raise_on_error=False)
        if isinstance(fsynced, ResponseError):
            self._fsync_is_known_missing = True
            log.warning("the server cannot confirm writes to disk: use append-only persistence", error=str(fsynced))
        elif isinstance(fsynced, Exception):
            raise fsynced
        elif fsynced[0] < 1:
            raise StoreUnavailableError("the server did not write to disk in time")
