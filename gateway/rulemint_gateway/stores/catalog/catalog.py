"""The configuration of every tenant in memory, kept fresh by change messages.

Theory of operation. Each write transaction raises one number, the revision, and publishes what it changed. A catalog at
revision n that hears of n+1 reads the changed records and is at n+1. It cannot be sure after a reconnect, after a gap
in the numbers, or when a revision in Redis stays ahead of ours for a second. Then it asks the change log what it has
missed, and reads that. Only where the log does not say, and at the start, everything is read: in slices, so that tokens
are issued from the old records while the new ones come.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any

import structlog
from redis.exceptions import RedisError

from rulemint_gateway.stores.catalog.authority import normalised
from rulemint_gateway.stores.catalog.change_log import State, changes_since, stored_state
from rulemint_gateway.stores.catalog.reading import check_is_of_another_type, decoded, read_everything
from rulemint_gateway.stores.catalog.slices import give_way
from rulemint_gateway.stores.catalog.tables import TENANTS, Table
from rulemint_gateway.stores.catalog.tenant_config import CATALOGUED, TenantConfig
from rulemint_shared.contract import codecs, redis_keys
from rulemint_shared.contract.config_changes import ConfigChange
from rulemint_shared.contract.records import Tenant
from rulemint_shared.process.background import run_together
from rulemint_shared.process.gc_tuning import leave_out_what_lives_long
from rulemint_shared.redis.client import RedisClient
from rulemint_shared.redis.subscription import Subscriber, listen

log = structlog.get_logger(__name__)

DEFAULT_TENANT = "default"
CHECK_INTERVAL_S = 1.0
CATCH_UP_TIMEOUT_S = 10.0
"""As long as a write may take; a very large configuration takes some seconds to read."""
READ_AT_ONCE = 500
STALE_AFTER_S = 30.0


class NoConfigurationError(KeyError):
    """The server has no configuration at all: it was emptied, or another one answers in its place."""

    public = "The service has no configuration now: try again later, its operator finds the reason at /readyz"
    """For the caller."""


class StaleConfigurationError(NoConfigurationError):
    """Redis has not said for too long whether the configuration is still what it was."""

    public = "The service cannot see whether its configuration is still true: try again later"


class TenantGoneError(LookupError):
    """The tenant was deleted since the request came, or there never was one of that name."""

    public = "This tenant was deleted"


class CatalogBehindError(Exception):
    """The catalog did not reach a revision in time: Redis is slow or gone."""


class Catalog:
    """All tenants' configuration; reads never wait."""

    def __init__(self, redis: RedisClient, *, stale_after_s: float = STALE_AFTER_S) -> None:
        """*stale_after_s*: how long nobody is answered from memory without a word of Redis."""
        self._redis = redis
        self._stale_after_s = stale_after_s
        self._confirmed_at_s = monotonic()
        self._tenants: dict[str, TenantConfig] = {}
        self._hosts: dict[str, TenantConfig] = {}
        self._state = State(-1)
        self._reached = asyncio.Condition()
        self._changes: asyncio.Queue[ConfigChange | None] = asyncio.Queue()
        self._unordered = asyncio.Event()

    @property
    def revision(self) -> int:
        """The revision this catalog shows; -1 before the first load."""
        return self._state.revision

    def tenant(self, name: str) -> TenantConfig:
        """The tenant of that name.

        Raises:
            NoConfigurationError: there is no tenant at all.
            TenantGoneError: there is none of that name.
        """
        self._check_configured()
        try:
            return self._tenants[name]
        except KeyError:
            raise TenantGoneError(f"there is no tenant {name}") from None

    def tenant_for_host(self, host: str) -> TenantConfig:
        """The tenant that *host*, an authority, belongs to, else the tenant ``default``.

        Raises:
            NoConfigurationError: there is no tenant at all.
            StaleConfigurationError: what is in memory may be true no longer: a deleted client would get tokens.
        """
        self._check_configured()
        if monotonic() - self._confirmed_at_s > self._stale_after_s:
            raise StaleConfigurationError("Redis has not confirmed the configuration for too long")
        return self._hosts.get(normalised(host)) or self._tenants[DEFAULT_TENANT]

    @property
    def is_configured(self) -> bool:
        """True if there is any configuration."""
        return DEFAULT_TENANT in self._tenants

    def _check_configured(self) -> None:
        if DEFAULT_TENANT not in self._tenants:
            raise NoConfigurationError("the server has no configuration")

    def has_tenant(self, name: str) -> bool:
        """True if the tenant exists."""
        return name in self._tenants

    def tenant_names(self) -> list[str]:
        """Every tenant's name, oldest first."""
        tenants = sorted((config.tenant for config in self._tenants.values()), key=lambda t: (t.created_at_ms, t.name))
        return [tenant.name for tenant in tenants]

    async def wait_for(self, revision: int) -> None:
        """Return once the catalog shows *revision* or a later one.

        Raises:
            CatalogBehindError: it does not within 10 s.
        """
        try:
            async with asyncio.timeout(CATCH_UP_TIMEOUT_S), self._reached:
                await self._reached.wait_for(lambda: self.revision >= revision)
        except TimeoutError as error:
            raise CatalogBehindError(f"at revision {self.revision}, {revision} wanted") from error

    async def load(self) -> None:
        """Read everything."""
        asked_at_s, stored = monotonic(), await stored_state(self._redis)
        self._tenants = await read_everything(self._redis, self._tenants)
        self._index_hosts()
        self._confirmed_at_s = asked_at_s
        self._unordered.set()
        await self._arrived_at(stored)

    async def keep_fresh(self, subscriber: Subscriber) -> None:
        """Follow the change messages until cancelled."""
        await run_together(
            self._apply_changes(),
            self._check_revision(),
            listen(subscriber, redis_keys.CHANGES, on_message=self._on_message, on_connected=self._on_connected),
        )

    def _on_message(self, data: bytes) -> None:
        try:
            self._changes.put_nowait(codecs.config_change.decode(data))
        except codecs.DecodeError as error:
            log.warning("could not read a change message, asking the change log", error=str(error))
            if self._changes.empty():  # else the next one tells of a gap, and the log is asked in any case
                self._changes.put_nowait(None)

    async def _on_connected(self) -> None:
        self._changes.put_nowait(None)

    async def _apply_changes(self) -> None:
        while True:
            change = await self._changes.get()
            try:
                await self._apply(change)
            except (RedisError, OSError) as error:
                log.warning("could not read a change, trying again", error=str(error))
                await asyncio.sleep(0.1)
                self._changes.put_nowait(None)  # by the log, because a part of the change may be taken

    async def _apply(self, change: ConfigChange | None) -> None:
        if change is not None and change.revision == self.revision + 1:
            await self._take([change])
        elif change is None or self._is_news(change):
            await self._catch_up()

    def _is_news(self, change: ConfigChange) -> bool:
        """True if *change* is a later one than ours, or another one in its place."""
        return change.revision > self.revision or (
            change.revision == self.revision and State(change.revision, change.mark) != self._state
        )

    async def _catch_up(self) -> None:
        """Read what was missed: by the change log, else everything."""
        asked_at_s, stored = monotonic(), await stored_state(self._redis)
        changes = await changes_since(self._redis, self._state, stored)
        if changes is None:
            log.info("reading the whole configuration again", revision=self.revision, stored=stored.revision)
            await self.load()
            return
        await self._take(changes)
        self._confirmed_at_s = asked_at_s

    async def _take(self, changes: Sequence[ConfigChange]) -> None:
        """Read the records of *changes*, which follow each other, and show all of a slice at once."""
        names = dict.fromkeys((change.tenant, each.kind, each.id) for change in changes for each in change.records)
        tenants_first = sorted(names, key=lambda name: name[1] != TENANTS.kind)  # a new one begins with nothing
        records = [(table, tenant, record_id) for tenant, kind, record_id in tenants_first for table in _tables(kind)]
        for start in range(0, len(records), READ_AT_ONCE):
            part = records[start : start + READ_AT_ONCE]
            async with self._redis.pipeline(transaction=False) as pipe:
                for table, tenant, record_id in part:
                    pipe.hget(table.key(tenant), record_id)
                stored = await pipe.execute(raise_on_error=False)
            for (table, tenant, record_id), data in zip(part, stored, strict=True):
                self._refresh(table, tenant, record_id, data)
        if changes:
            await self._arrived_at(State(changes[-1].revision, changes[-1].mark))

    def _refresh(self, table: Table[Any], tenant: str, record_id: str, data: bytes | Exception | None) -> None:
        if isinstance(data, Exception):
            check_is_of_another_type(data, table.key(tenant))
            record = None
        else:
            record = decoded(table, tenant, record_id, data)
        if table is TENANTS:
            self._refresh_tenant(record_id, record)
        elif tenant in self._tenants:
            if isinstance(data, bytes) and record is not None:
                self._tenants[tenant].put_all(table, [(record, data)])
            else:
                self._tenants[tenant].remove(table, record_id)
                if data is not None:  # it may have refused tokens, so it is not as if it were deleted
                    self._tenants[tenant].note_unreadable(table, record_id)

    def _refresh_tenant(self, name: str, record: Tenant | None) -> None:
        if record is None:
            self._tenants.pop(name, None)
        elif (known := self._tenants.get(name)) is not None and known.is_of(record):
            known.tenant = record
        else:  # all that a new one has was written after its record, so the same changes name it
            self._tenants[name] = TenantConfig(record)
        self._index_hosts()

    async def _check_revision(self) -> None:
        """The net under pub/sub: a change that was missed is read a second later."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            try:
                before, asked_at_s = self._state, monotonic()
                stored = await stored_state(self._redis)
                if stored == self._state:
                    self._confirmed_at_s = asked_at_s
                # If ours moved while we asked, its message came: nothing is missed.
                if stored != before and self._state == before and self._changes.empty():
                    self._changes.put_nowait(None)
            except (RedisError, OSError) as error:
                log.warning("could not check the configuration's revision", error=str(error))

    async def keep_in_order(self) -> None:
        """Put in order what lists show, whenever it was read, so that no list has to wait for it; until cancelled."""
        while True:
            await self._unordered.wait()
            self._unordered.clear()
            for config in list(self._tenants.values()):
                await config.clients.order()
                await config.client_grants.order()
                await give_way()
            leave_out_what_lives_long()

    async def _arrived_at(self, state: State) -> None:
        async with self._reached:
            self._state = state
            self._reached.notify_all()

    def _index_hosts(self) -> None:
        # So that the oldest tenant keeps a host that two of them name.
        newest_first = [self._tenants[name] for name in reversed(self.tenant_names())]
        self._hosts = {normalised(host): config for config in newest_first for host in config.tenant.hosts}


def _tables(kind: str) -> list[Table[Any]]:
    """The table of that *kind*, if it is one that we keep in memory."""
    return [table for table in (TENANTS, *CATALOGUED) if table.kind == kind]
