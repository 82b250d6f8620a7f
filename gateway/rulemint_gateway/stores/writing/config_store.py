"""Changing the configuration: one optimistic transaction at a time over all tenants, durable when it returns.

The writes of a gateway take turns by tenant, so they meet those of other gateways only. Every transaction watches the
revision. It plans its writes against the catalog at exactly that revision, so checks such as "this name is free" hold
when the writes happen. If another gateway was faster, it plans again, until its deadline. The transaction holds the
audit record of the management call, or of what a gateway does by itself. It holds the call's precondition and its
idempotency key too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError, WatchError

from rulemint_gateway.stores.catalog.catalog import Catalog, CatalogBehindError
from rulemint_gateway.stores.catalog.change_log import add_change, revision_of
from rulemint_gateway.stores.catalog.tables import CLIENTS, RULES, TENANTS, Table
from rulemint_gateway.stores.writing.audit import audit_records, audited_changes
from rulemint_gateway.stores.writing.calls import CALL, Call, Once, own_call
from rulemint_gateway.stores.writing.deleted_records import DeletedRecords
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_gateway.stores.writing.durability import Durability, NotDurableError
from rulemint_gateway.stores.writing.record_quotas import (
    NO_QUOTAS,
    USUAL_QUOTAS,
    Quotas,
    check_counts,
    script_bytes_after,
)
from rulemint_shared import ids
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.audit import AuditedChange
from rulemint_shared.contract.config_changes import ChangedRecord, ConfigChange
from rulemint_shared.deadline import Deadline
from rulemint_shared.fairness.turns import NoTurnError, Turns
from rulemint_shared.process.growing_pause import GrowingPause
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.streams.entries import StreamBounds, add_entries

log = structlog.get_logger(__name__)

WRITES_AT_ONCE = 1
"""Of one gateway: two would only make each other plan again."""
WAITING_WRITES = 1_024
WAITING_WRITES_OF_ONE_TENANT = 128
DEADLINE_S = 10.0
ONCE_KEPT_S = 86_400
AUDITED = StreamBounds(entries=10_000, bytes=32 * 1024 * 1024)
MARKER_KEPT_S = 60
"""Longer than anybody goes on trying."""

R = TypeVar("R")


class StoreUnavailableError(Exception):
    """The change could not be made, or could not be made durable; the caller should try again."""


class StoreBusyError(StoreUnavailableError):
    """Too many want to change something: the caller should try again, with fewer at once."""


class TakenOverError(Exception):
    """The idempotency key of this call belongs to another one by now."""


@dataclass
class Changes(Generic[R]):
    """The writes that a plan wants, and the result for its caller."""

    result: R
    puts: list[tuple[Table[Any], Any]] = field(default_factory=list)
    deletes: dict[tuple[Table[Any], str], None] = field(default_factory=dict)
    """In their order; what several ask for is one."""

    def put(self, table: Table[Any], record: Any) -> None:
        """Write *record*."""
        self.puts.append((table, record))

    def delete(self, table: Table[Any], record_id: str) -> None:
        """Delete the record."""
        self.deletes[table, record_id] = None

    def deleted_rules(self) -> list[str]:
        """The ids of rules that go, and what they kept with them."""
        return [record_id for table, record_id in self.deletes if table is RULES]

    def deleted_clients(self) -> list[str]:
        """The ids of clients that go, and their tapes with them."""
        return [record_id for table, record_id in self.deletes if table is CLIENTS]

    def deleted_tenants(self) -> list[str]:
        """The names of tenants that go, and all that is theirs with them."""
        return [record_id for table, record_id in self.deletes if table is TENANTS]

    def changed_records(self) -> list[ChangedRecord]:
        """The names that the change message holds."""
        written = [ChangedRecord(kind=table.kind, id=table.id_of(record)) for table, record in self.puts]
        return written + [ChangedRecord(kind=table.kind, id=record_id) for table, record_id in self.deletes]


@dataclass
class _Attempt(Generic[R]):
    """One try of a transaction. Its *marker* is written with it, so that a lost reply is told from a conflict."""

    mark: str = field(default_factory=lambda: ids.random_text(16))
    changes: Changes[R] | None = None

    @property
    def marker(self) -> str:
        """The name in Redis."""
        return redis_keys.write_marker(self.mark)


@dataclass(frozen=True)
class _Done(Generic[R]):
    """The writes that were made."""

    revision: int
    """The catalog shows the change from this one on."""
    changes: Changes[R]
    marker: str | None
    """A key that the transaction wrote; None if there was nothing to write."""


class ConfigStore:
    """The only writer of configuration records."""

    def __init__(
        self,
        redis: RedisClient,
        catalog: Catalog,
        *,
        audited: StreamBounds = AUDITED,
        deadline_s: float = DEADLINE_S,
        quotas: Quotas = USUAL_QUOTAS,
        durability: Durability | None = None,
    ) -> None:
        self._redis = redis
        self._catalog = catalog
        self._audited_bounds = audited
        self._deadline_s = deadline_s
        self._quotas = quotas
        self._turns = Turns(WRITES_AT_ONCE, waiting=WAITING_WRITES, waiting_of_one=WAITING_WRITES_OF_ONE_TENANT)
        self._durability = durability or Durability(redis)
        self._deleted_records = DeletedRecords(redis)
        self._deleted_tenants = DeletedTenants(redis)

    async def transact(self, tenant: str, plan: Callable[[], Awaitable[Changes[R]]]) -> R:
        """Run *plan* against the current catalog and write what it says; returns its result.

        *plan* may run several times and must read only the catalog and Redis. When this returns, the change is on
        disk where the server can say so, and the catalog of this gateway shows it.

        Raises:
            StoreUnavailableError: Redis does not answer; `StoreBusyError`: too many others write at once.
            TakenOverError: the call's idempotency key is no longer its own; nothing was written.
            QuotaExceededError: the tenant has as much as it may; nothing was written.
            TenantGoneError: the tenant was deleted; nothing was written.
        """
        call = CALL.get() or own_call(tenant)
        deadline = Deadline.after(self._deadline_s)
        try:
            async with self._turns.taken(tenant, within_s=self._deadline_s):
                done = await self._write(tenant, plan, call, deadline)
            call.precondition = None  # it held; another write of this call meets its own change
            await self._durability.confirm(done.revision, marker=done.marker)
            if done.changes.deleted_rules() or done.changes.deleted_clients():
                await self._deleted_records.clear()
            await self._catalog.wait_for(done.revision)  # so that its caller reads what it wrote
        except NoTurnError as error:
            raise StoreBusyError(f"too many changes of {tenant} at once: {error}") from error
        except (RedisError, OSError, CatalogBehindError, NotDurableError) as error:
            raise StoreUnavailableError(str(error)) from error
        return done.changes.result

    async def _write(
        self, tenant: str, plan: Callable[[], Awaitable[Changes[R]]], call: Call, deadline: Deadline
    ) -> _Done[R]:
        """Plan until no other gateway was faster."""
        pause = GrowingPause(0.002, 0.05)  # after another gateway was faster
        attempts: list[_Attempt[R]] = []
        while True:
            attempt: _Attempt[R] = _Attempt()
            attempts.append(attempt)
            written = await self._attempt(tenant, plan, call, attempt)
            if written is not None:
                return _Done(*written, attempt.marker if attempt.changes else None)
            if done := await self._find_done(attempts):
                if call.once:
                    call.once.is_committed = True
                return done
            if deadline.passed():
                raise StoreBusyError(f"others were faster, or the server was behind, for {self._deadline_s:g} s")
            await pause.wait_at_random()

    async def _find_done(self, attempts: list[_Attempt[R]]) -> _Done[R] | None:
        """The attempt that was carried out although its answer was lost: to redis-py it looks like a conflict."""
        markers = await self._redis.mget([attempt.marker for attempt in attempts])
        for attempt, marker in zip(attempts, markers, strict=True):
            if marker is not None and attempt.changes is not None:
                return _Done(revision_of(marker), attempt.changes, attempt.marker)
        return None

    async def _attempt(
        self, tenant: str, plan: Callable[[], Awaitable[Changes[R]]], call: Call, attempt: _Attempt[R]
    ) -> tuple[int, Changes[R]] | None:
        """The revision that was written, and what; None if it has to be planned again.

        A server that is behind the catalog has lost something, or is another one: what it took might not last.
        """
        once = call.once if call.once and not call.once.is_committed else None
        async with self._redis.pipeline(transaction=True) as pipe:
            await pipe.watch(redis_keys.REVISION, *([once.key] if once else []))
            revision = revision_of(await pipe.get(redis_keys.REVISION))
            await self._catalog.wait_for(revision)
            if self._catalog.revision != revision:
                return None  # the plan would see another state than the one that is watched
            if once and await pipe.get(once.key) != once.begun:
                raise TakenOverError
            if call.precondition is not None:
                await call.precondition()
            changes = await plan()
            if not changes.puts and not changes.deletes:
                return revision, changes
            is_new = any(table is TENANTS for table, _record in changes.puts) and not self._catalog.has_tenant(tenant)
            config = None if is_new else self._catalog.tenant(tenant)
            quotas = NO_QUOTAS if call.is_own else self._quotas  # no gateway fails to start at a quota
            check_counts(quotas, config, changes.puts, changes.deletes)
            script_bytes = await script_bytes_after(self._redis, quotas, tenant, changes.puts, changes.deletes)
            attempt.changes = changes
            audited = await audited_changes(self._redis, tenant, changes.puts, changes.deletes)
            pipe.multi()  # type: ignore[no-untyped-call]  # redis-py has no types here
            self._queue_writes(pipe, tenant, changes, revision + 1, attempt.mark)
            if script_bytes is not None:
                pipe.set(redis_keys.script_bytes(tenant), script_bytes)
            self._queue_audit(pipe, tenant, call, once, audited)
            pipe.set(attempt.marker, revision + 1, ex=MARKER_KEPT_S)
            try:
                await pipe.execute()
            except WatchError:
                return None  # another gateway was faster, or the reply was lost: `_find_done` tells which
            if once:
                once.is_committed = True
            return revision + 1, changes

    def _queue_writes(self, pipe: Pipeline, tenant: str, changes: Changes[R], revision: int, mark: str) -> None:
        for table, record in changes.puts:
            pipe.hset(table.key(tenant), mapping={table.id_of(record): table.codec.encode(record)})
        for table, record_id in changes.deletes:
            pipe.hdel(table.key(tenant), record_id)
        self._deleted_records.note(pipe, tenant, rules=changes.deleted_rules(), clients=changes.deleted_clients())
        self._deleted_tenants.note(pipe, changes.deleted_tenants())
        change = ConfigChange(revision=revision, tenant=tenant, records=changes.changed_records(), mark=mark)
        add_change(pipe, change)
        pipe.set(redis_keys.REVISION, revision)
        pipe.publish(redis_keys.CHANGES, codecs.config_change.encode(change))

    def _queue_audit(
        self, pipe: Pipeline, tenant: str, call: Call, once: Once | None, audited: list[AuditedChange]
    ) -> None:
        stream = redis_keys.audit(call.tenant)
        entries = [("record", codecs.audit.encode(record)) for record in audit_records(call, tenant, audited)]
        add_entries(pipe, stream, entries, bounds=self._audited_bounds)
        if once:
            pipe.set(once.key, once.committed, ex=ONCE_KEPT_S)
