"""The configuration of every tenant in memory, kept fresh by change messages.

Theory of operation. Each write transaction raises one number, the revision, and publishes what it changed. A catalog at
revision n that hears of n+1 reads the changed records and is at n+1. Whenever it cannot be sure (first start, a
reconnect, a gap in the numbers, or a revision in Redis that stays ahead of ours for a second) it reads
everything again.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import structlog
from arq.connections import ArqRedis
from redis.exceptions import RedisError, ResponseError

from rulemint_gateway.stores.authority import normalised
from rulemint_gateway.stores.tables import TENANTS, Table
from rulemint_gateway.stores.tenant_config import CATALOGUED, TenantConfig
from rulemint_shared import codecs, keys
from rulemint_shared.background import run_together
from rulemint_shared.messages import ConfigChange
from rulemint_shared.records import Tenant
from rulemint_shared.subscription import listen

log = structlog.get_logger(__name__)

DEFAULT_TENANT = "default"
CHECK_INTERVAL_S = 1.0
CATCH_UP_TIMEOUT_S = 3.0
STALE_AFTER_S = 30.0


class NoConfigurationError(KeyError):
    """The server has no configuration at all: it was emptied, or another one answers in its place."""


class StaleConfigurationError(NoConfigurationError):
    """Redis has not said for too long whether the configuration is still what it was."""


class CatalogBehindError(Exception):
    """The catalog did not reach a revision in time: Redis is slow or gone."""


class Catalog:
    """All tenants' configuration; reads never wait."""

    def __init__(self, redis: ArqRedis, *, stale_after_s: float = STALE_AFTER_S) -> None:
        """*stale_after_s*: how long nobody is answered from memory without a word of Redis."""
        self._redis = redis
        self._stale_after_s = stale_after_s
        self._confirmed_at_s = monotonic()
        self._tenants: dict[str, TenantConfig] = {}
        self._hosts: dict[str, TenantConfig] = {}
        self._revision = -1
        self._reached = asyncio.Condition()
        self._changes: asyncio.Queue[ConfigChange | None] = asyncio.Queue()

    @property
    def revision(self) -> int:
        """The revision this catalog shows; -1 before the first load."""
        return self._revision

    def tenant(self, name: str) -> TenantConfig:
        """The tenant of that name.

        Raises:
            NoConfigurationError: there is no tenant at all.
            KeyError: there is none of that name.
        """
        self._check_configured()
        return self._tenants[name]

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
        """Whether there is any configuration."""
        return DEFAULT_TENANT in self._tenants

    def _check_configured(self) -> None:
        if not self.is_configured:
            raise NoConfigurationError("the server has no configuration")

    def has_tenant(self, name: str) -> bool:
        """Whether the tenant exists."""
        return name in self._tenants

    def tenant_names(self) -> list[str]:
        """Every tenant's name, oldest first."""
        tenants = sorted((config.tenant for config in self._tenants.values()), key=lambda t: (t.created_at_ms, t.name))
        return [tenant.name for tenant in tenants]

    async def wait_for(self, revision: int) -> None:
        """Return once the catalog shows *revision* or a later one.

        Raises:
            CatalogBehindError: it does not within 3 s.
        """
        try:
            async with asyncio.timeout(CATCH_UP_TIMEOUT_S), self._reached:
                await self._reached.wait_for(lambda: self._revision >= revision)
        except TimeoutError as error:
            raise CatalogBehindError(f"at revision {self._revision}, {revision} wanted") from error

    async def load(self) -> None:
        """Read everything."""
        asked_at_s, revision = monotonic(), await self._stored_revision()
        tenants: dict[str, TenantConfig] = {}
        for record in await self._read_all(TENANTS, ""):
            config = TenantConfig(record)
            for table in CATALOGUED:
                for item in await self._read_all(table, record.name, config):
                    config.put(table, item)
            tenants[record.name] = config
        self._tenants = tenants
        self._index_hosts()
        self._confirmed_at_s = asked_at_s
        await self._arrived_at(revision)

    async def keep_fresh(self, subscriber: ArqRedis) -> None:
        """Follow the change messages until cancelled."""
        await run_together(
            self._apply_changes(),
            self._check_revision(),
            listen(subscriber, keys.CHANGES, on_message=self._on_message, on_connected=self._on_connected),
        )

    def _on_message(self, data: bytes) -> None:
        try:
            self._changes.put_nowait(codecs.config_change.decode(data))
        except codecs.DecodeError as error:
            log.warning("could not read a change message, reading everything", error=str(error))
            if self._changes.empty():
                self._changes.put_nowait(None)

    async def _on_connected(self) -> None:
        self._changes.put_nowait(None)

    async def _apply_changes(self) -> None:
        while True:
            change = await self._changes.get()
            try:
                await self._apply(change)
            except (RedisError, OSError) as error:
                log.warning("could not read a change, reading everything", error=str(error))
                await asyncio.sleep(0.1)
                self._changes.put_nowait(None)

    async def _apply(self, change: ConfigChange | None) -> None:
        if change is None or change.revision > self._revision + 1:
            await self.load()
        elif change.revision == self._revision + 1:
            for changed in change.records:
                table = _table(changed.kind)
                if table is not None:
                    await self._refresh(table, change.tenant, changed.id)
            await self._arrived_at(change.revision)

    async def _refresh(self, table: Table[Any], tenant: str, record_id: str) -> None:
        data = await self._redis.hget(table.key(tenant), record_id)  # type: ignore[misc]  # redis-py's stub is not async
        record = _decoded(table, tenant, record_id, data)
        if table is TENANTS:
            self._refresh_tenant(record_id, record)
        elif tenant in self._tenants:
            if record is None:
                self._tenants[tenant].remove(table, record_id)
                if data is not None:
                    self._tenants[tenant].note_unreadable(table, record_id)
            else:
                self._tenants[tenant].put(table, record)

    def _refresh_tenant(self, name: str, record: Tenant | None) -> None:
        if record is None:
            self._tenants.pop(name, None)
        elif name in self._tenants:
            self._tenants[name].tenant = record
        else:
            self._tenants[name] = TenantConfig(record)
        self._index_hosts()

    async def _check_revision(self) -> None:
        """The net under pub/sub: whatever was missed, a second later everything is read again."""
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            try:
                before, asked_at_s = self._revision, monotonic()
                stored = await self._stored_revision()
                if stored == self._revision:
                    self._confirmed_at_s = asked_at_s
                if stored != before and self._revision == before and self._changes.empty():
                    self._changes.put_nowait(None)
            except (RedisError, OSError) as error:
                log.warning("could not check the configuration's revision", error=str(error))

    async def _stored_revision(self) -> int:
        return revision_of(await self._redis.get(keys.REVISION))

    async def _arrived_at(self, revision: int) -> None:
        async with self._reached:
            self._revision = revision
            self._reached.notify_all()

    def _index_hosts(self) -> None:
        newest_first = [self._tenants[name] for name in reversed(self.tenant_names())]
        self._hosts = {normalised(host): config for config in newest_first for host in config.tenant.hosts}

    async def _read_all(self, table: Table[Any], tenant: str, config: TenantConfig | None = None) -> list[Any]:
        records = []
        try:
            async for field, data in self._redis.hscan_iter(table.key(tenant), count=1_000):
                record_id = field.decode(errors="replace")
                record = _decoded(table, tenant, record_id, data)
                if record is not None:
                    records.append(record)
                elif config is not None:
                    config.note_unreadable(table, record_id)
        except ResponseError as error:
            if not str(error).startswith("WRONGTYPE"):
                raise
            log.warning("left out all records of a key of another type", name=table.key(tenant))
        return records


def revision_of(stored: bytes | None) -> int:
    """The revision as it is *stored*; 0 if nothing is, and if it is no number, which is named in the log."""
    try:
        return int(stored or 0)
    except ValueError:
        log.warning("the revision of the configuration is no number", name=keys.REVISION)
        return 0


async def read_record(redis: ArqRedis, table: Table[Any], tenant: str, record_id: str) -> Any:
    """One record straight from Redis; None where there is none or it is malformed."""
    data = await redis.hget(table.key(tenant), record_id)  # type: ignore[misc]  # redis-py's stub is not async here
    return _decoded(table, tenant, record_id, data)


async def read_records(redis: ArqRedis, table: Table[Any], tenant: str, record_ids: list[str]) -> list[Any]:
    """The records of *record_ids*, in one round trip; None where `read_record` would say so."""
    if not record_ids:
        return []
    found = await redis.hmget(table.key(tenant), record_ids)  # type: ignore[misc]  # as above
    return [_decoded(table, tenant, record_id, data) for record_id, data in zip(record_ids, found, strict=True)]


def _decoded(table: Table[Any], tenant: str, record_id: str, data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        return table.codec.decode(data)
    except codecs.DecodeError as error:
        log.warning("left out a malformed record", kind=table.kind, tenant=tenant, id=record_id, error=str(error))
        return None


def _table(kind: str) -> Table[Any] | None:
    return next((table for table in (TENANTS, *CATALOGUED) if table.kind == kind), None)
