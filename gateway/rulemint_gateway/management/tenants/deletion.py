"""Delete tenants: closed at once, deleted with all that is theirs after a time of grace, and restored until then."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import structlog

from rulemint_gateway.management.errors import InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.tenants.bodies import TenantAnswer, tenant_answer
from rulemint_gateway.management.tenants.tenants import check_operator
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import (
    CLIENT_GRANTS,
    CLIENTS,
    RESOURCE_SERVERS,
    RULE_VERSIONS,
    RULES,
    SIGNING_KEYS,
    TENANTS,
    Table,
)
from rulemint_gateway.stores.writing.calls import CALL, own_call
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore, StoreUnavailableError
from rulemint_shared.clock import rfc3339_ms, unix_ms
from rulemint_shared.contract import redis_keys
from rulemint_shared.contract.records import Tenant
from rulemint_shared.redis.client import RedisClient

log = structlog.get_logger(__name__)

USUAL_GRACE_S = 86_400
DUE_INTERVAL_S = 5.0


class TenantContents(Answer, frozen=True, kw_only=True):
    """Counts of a tenant's records."""

    clients: int
    resource_servers: int
    client_grants: int
    rules: int
    rule_versions: int
    signing_keys: int
    exchanges: int
    """Records of token requests."""
    log_records: int
    audit_records: int


class TenantDeletionAnswer(Answer, frozen=True, kw_only=True):
    """A tenant that is deleted, or would be, and what goes with it."""

    name: str
    deletes_at: Moment
    """A moment that has come if it is deleted already."""
    dry_run: bool
    """Nothing was done."""
    contents: TenantContents


class TenantDeletion:
    """The use cases of ``DELETE /api/v2/tenants/{name}`` and ``POST /api/v2/tenants/{name}/restore``."""

    def __init__(self, catalog: Catalog, store: ConfigStore, redis: RedisClient) -> None:
        self._catalog = catalog
        self._store = store
        self._redis = redis

    async def delete(self, caller_tenant: str, name: str, *, grace_s: int, dry_run: bool) -> TenantDeletionAnswer:
        """Close the tenant now, and delete it in *grace_s*; with 0, now. With *dry_run*, only say what would go."""
        check_operator(caller_tenant)
        self._find(name)
        if name == DEFAULT_TENANT:
            message = "The tenant default cannot be deleted: its administrators are the operators of all tenants"
            raise InvalidBodyError(message, code="operation_not_supported")
        contents = await self._contents(name)
        delete_at_ms = unix_ms() + grace_s * 1_000

        async def plan() -> Changes[None]:
            tenant = self._find(name)
            changes: Changes[None] = Changes(None)
            if grace_s:
                changes.put(TENANTS, msgspec.structs.replace(tenant, delete_at_ms=delete_at_ms))
            else:
                changes.delete(TENANTS, name)
            return changes

        if not dry_run:
            await self._store.transact(name, plan)
        return TenantDeletionAnswer(name=name, deletes_at=rfc3339_ms(delete_at_ms), dry_run=dry_run, contents=contents)

    async def restore(self, caller_tenant: str, name: str) -> TenantAnswer:
        """The tenant stays, and is as it was. One that nobody deletes is no error."""
        check_operator(caller_tenant)

        async def plan() -> Changes[Tenant]:
            tenant = self._find(name)
            changes = Changes(tenant)
            if tenant.delete_at_ms:
                changes.result = msgspec.structs.replace(tenant, delete_at_ms=0)
                changes.put(TENANTS, changes.result)
            return changes

        return tenant_answer(await self._store.transact(name, plan))

    async def delete_what_is_due(self) -> None:
        """Delete the tenants whose time of grace is over, until cancelled. Of several gateways, one succeeds."""
        CALL.set(own_call(DEFAULT_TENANT))  # a deleted tenant has no audit log that could tell
        while True:
            for name in self._catalog.tenant_names():
                if self._is_due(name):
                    await self._delete_one(name)
            await asyncio.sleep(DUE_INTERVAL_S)

    async def _delete_one(self, name: str) -> None:
        async def plan() -> Changes[bool]:
            changes = Changes(False)
            if self._is_due(name):
                changes.delete(TENANTS, name)
                changes.result = True
            return changes

        try:
            if await self._store.transact(name, plan):
                log.info("tenant deleted", tenant=name)
        except StoreUnavailableError as error:
            log.warning("could not delete a tenant, trying again", tenant=name, error=str(error))

    def _is_due(self, name: str) -> bool:
        if not (self._catalog.is_configured and self._catalog.has_tenant(name)):
            return False
        return 0 < self._catalog.tenant(name).tenant.delete_at_ms <= unix_ms()

    def _find(self, name: str) -> Tenant:
        if not self._catalog.has_tenant(name):
            raise NotFoundError("tenant", code="inexistent_tenant")
        return self._catalog.tenant(name).tenant

    async def _contents(self, name: str) -> TenantContents:
        tables: dict[str, Table[Any]] = {
            "clients": CLIENTS,
            "resource_servers": RESOURCE_SERVERS,
            "client_grants": CLIENT_GRANTS,
            "rules": RULES,
            "rule_versions": RULE_VERSIONS,
            "signing_keys": SIGNING_KEYS,
        }
        streams = {
            "exchanges": redis_keys.exchanges(name),
            "log_records": redis_keys.logs(name),
            "audit_records": redis_keys.audit(name),
        }
        async with self._redis.pipeline(transaction=False) as pipe:
            for table in tables.values():
                pipe.hlen(table.key(name))
            for stream in streams.values():
                pipe.xlen(stream)
            counts = await pipe.execute()
        return TenantContents(**dict(zip([*tables, *streams], counts, strict=True)))
