"""Makes the first records of a system: the tenant ``default``, its management API, and an administrator.

Idempotent: it runs at every start of every gateway, but on an empty server only if that is new or it was told so. It
also moves management APIs along: the one of ``default`` when the issuer changed, everyone's when a new version of
Rulemint defines more scopes.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import msgspec
import structlog

from rulemint_gateway.management.admin_file import (
    WHAT_TO_DO,
    AdminFile,
    alone_at,
    proves,
    read_admin_file,
    write_admin_file,
)
from rulemint_gateway.management.tenants.setup import (
    admin_client,
    admin_grant,
    management_api,
    management_audience,
    management_scopes,
    with_admin_secret,
)
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, TENANTS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import ClientGrant, Tenant
from rulemint_shared.secrets.vault import Vault

log = structlog.get_logger(__name__)


class Bootstrap:
    """Makes the tenant ``default`` usable, and moves every tenant's management API along."""

    def __init__(
        self, catalog: Catalog, store: ConfigStore, vault: Vault, *, issuer: str, tls_domain: str | None = None
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault
        self._issuer = issuer
        self._tls_domain = tls_domain

    async def run(self, admin_file: Path | None) -> None:
        """Make what is missing; with *admin_file*, also an administrator if there is none.

        Raises:
            StoreUnavailableError: Redis does not answer.
            AdminFileError: the admin file cannot be read or written.
        """
        is_new = not self._catalog.is_configured
        await self._store.transact(DEFAULT_TENANT, self._plan_tenant)
        for tenant in self._catalog.tenant_names():
            if not self._has_management_api(tenant):
                await self._store.transact(tenant, partial(self._plan_management_api, tenant))
        if admin_file is not None:
            async with alone_at(admin_file):
                await self._keep_administrator(admin_file, is_new=is_new)

    async def _plan_tenant(self) -> Changes[None]:
        changes: Changes[None] = Changes(None)
        if not self._catalog.has_tenant(DEFAULT_TENANT):
            changes.put(TENANTS, Tenant(name=DEFAULT_TENANT, issuer=self._issuer, created_at_ms=unix_ms()))
        elif (tenant := self._catalog.tenant(DEFAULT_TENANT).tenant).issuer != self._issuer:
            changes.put(TENANTS, msgspec.structs.replace(tenant, issuer=self._issuer))
        return changes

    async def _plan_management_api(self, tenant: str) -> Changes[None]:
        """A client that had all scopes that the API defined before is granted all that it defines now."""
        changes: Changes[None] = Changes(None)
        if not self._catalog.has_tenant(tenant):  # deleted by another gateway
            return changes
        config = self._catalog.tenant(tenant)
        existing = config.management_api()
        wanted = management_api(config.tenant, existing)
        if existing == wanted:
            return changes
        changes.put(RESOURCE_SERVERS, wanted)
        if existing is not None:
            everything = {scope.value for scope in existing.scopes}
            grants = (await config.client_grants.order()).select({"audience": {existing.identifier}})
            for grant_id in grants.ids(0, len(grants)):
                grant = config.client_grants[grant_id]
                scope = management_scopes(tenant) if everything <= set(grant.scope) else grant.scope
                moved = msgspec.structs.replace(grant, audience=wanted.identifier, scope=scope)
                changes.put(CLIENT_GRANTS, moved)
        return changes

    def _has_management_api(self, tenant: str) -> bool:
        """True if there is nothing to do: a thousand tenants need no thousand transactions."""
        if not self._catalog.has_tenant(tenant):
            return True
        config = self._catalog.tenant(tenant)
        existing = config.management_api()
        return existing is not None and existing == management_api(config.tenant, existing)

    async def _keep_administrator(self, path: Path, *, is_new: bool) -> None:
        """Tell *path* who the administrator is. The file makes one in a new store only: it brings no secret back."""
        kept = await asyncio.to_thread(read_admin_file, path)
        if kept is None or (not is_new and not await self._has_administrator(kept.client_id)):
            made = self._up_to_date(
                AdminFile(issuer="", client_id=ids.new_client_id(), client_secret=ids.new_client_secret(), audience="")
            )
            await self._store.transact(DEFAULT_TENANT, lambda: self._plan_administrator(made))
            await asyncio.to_thread(write_admin_file, path, made)
            return
        admin = self._up_to_date(kept)
        if is_new:
            await self._store.transact(DEFAULT_TENANT, lambda: self._plan_administrator(admin))
        elif not self._is_live(admin):
            log.warning("the secret in the admin file is not live", file=str(path), advice=WHAT_TO_DO)
        if admin != kept:
            await asyncio.to_thread(write_admin_file, path, admin)

    async def _plan_administrator(self, admin: AdminFile) -> Changes[None]:
        changes: Changes[None] = Changes(None)
        changes.put(CLIENTS, with_admin_secret(admin_client(admin.client_id), admin.client_secret, self._vault))
        changes.put(CLIENT_GRANTS, admin_grant(DEFAULT_TENANT, admin.client_id, admin.audience))
        return changes

    async def _has_administrator(self, likely: str) -> bool:
        """True if a client may do everything, with any secret: *likely*, which the file names, or another."""
        config = self._catalog.tenant(DEFAULT_TENANT)
        api = config.management_api()
        if api is None:
            return False
        everything = set(management_scopes(DEFAULT_TENANT))

        def is_one(grant: ClientGrant | None) -> bool:
            return (
                grant is not None and grant.client_id in config.clients and everything <= set(config.scopes_of(grant))
            )

        if is_one(config.grant(likely, api.identifier)):
            return True
        grants = (await config.client_grants.order()).select({"audience": {api.identifier}})
        return any(is_one(config.client_grants.get(grant_id)) for grant_id in grants.ids(0, len(grants)))

    def _is_live(self, admin: AdminFile) -> bool:
        client = self._catalog.tenant(DEFAULT_TENANT).clients.get(admin.client_id)
        return client is not None and proves(admin, client, self._vault)

    def _up_to_date(self, admin: AdminFile) -> AdminFile:
        """*admin* with where this gateway is now."""
        audience = management_audience(self._issuer)
        return msgspec.structs.replace(admin, issuer=self._issuer, audience=audience, tls_domain=self._tls_domain)
