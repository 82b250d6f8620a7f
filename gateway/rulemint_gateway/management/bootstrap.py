"""What must be there before anyone can ask for anything: the tenant ``default``, its management API, an administrator.

Idempotent: it runs at every start of every gateway, and also moves management APIs along: the one of ``default`` when
the issuer changed, everyone's when a new version of Rulemint defines more scopes.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from rulemint_gateway.management.tenant_setup import (
    admin_client,
    admin_grant,
    management_api,
    management_audience,
    management_scopes,
    with_admin_secret,
)
from rulemint_gateway.stores.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, TENANTS
from rulemint_shared import ids
from rulemint_shared.deadline import unix_ms
from rulemint_shared.private_file import write_private_file
from rulemint_shared.records import Tenant
from rulemint_shared.vault import Vault


class AdminFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The administrator's credentials, readable by the owner of the service only."""

    issuer: str
    client_id: str
    client_secret: str
    audience: str
    tls_domain: str | None = None
    """Where https is spoken: what the SDKs take as the domain."""


class AdminFileError(Exception):
    """The admin file cannot be read or written. The text names it."""


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
        """Make whatever is missing; with *admin_file*, also the administrator whose credentials it holds.

        Raises:
            StoreUnavailableError: Redis does not answer.
            AdminFileError: the admin file cannot be read or written.
        """
        await self._store.transact(DEFAULT_TENANT, self._plan_tenant)
        for tenant in self._catalog.tenant_names():
            await self._store.transact(tenant, partial(self._plan_management_api, tenant))
        if admin_file is not None:
            admin = self._read_or_make(admin_file)
            await self._store.transact(DEFAULT_TENANT, lambda: self._plan_administrator(admin))
            write_admin_file(admin_file, admin)

    async def _plan_tenant(self) -> Changes[None]:
        changes: Changes[None] = Changes(None)
        if not self._catalog.has_tenant(DEFAULT_TENANT):
            changes.put(TENANTS, Tenant(name=DEFAULT_TENANT, issuer=self._issuer, created_at_ms=unix_ms()))
        elif (tenant := self._catalog.tenant(DEFAULT_TENANT).tenant).issuer != self._issuer:
            changes.put(TENANTS, msgspec.structs.replace(tenant, issuer=self._issuer))
        return changes

    async def _plan_management_api(self, tenant: str) -> Changes[None]:
        """Whoever was granted everything that the API defined before is granted everything that it defines now."""
        changes: Changes[None] = Changes(None)
        config = self._catalog.tenant(tenant)
        existing = config.management_api()
        wanted = management_api(config.tenant, existing)
        if existing == wanted:
            return changes
        changes.put(RESOURCE_SERVERS, wanted)
        if existing is not None:
            everything = {scope.value for scope in existing.scopes}
            for grant in config.client_grants.values():
                if grant.audience == existing.identifier:
                    scope = management_scopes(tenant) if everything <= set(grant.scope) else grant.scope
                    moved = msgspec.structs.replace(grant, audience=wanted.identifier, scope=scope)
                    changes.put(CLIENT_GRANTS, moved)
        return changes

    async def _plan_administrator(self, admin: AdminFile) -> Changes[None]:
        changes: Changes[None] = Changes(None)
        config = self._catalog.tenant(DEFAULT_TENANT)
        client = config.clients.get(admin.client_id)
        if client is None or not any(self._vault.secret_matches(admin.client_secret, s.hash) for s in client.secrets):
            client = client or admin_client(admin.client_id)
            changes.put(CLIENTS, with_admin_secret(client, admin.client_secret, self._vault))
        grant = config.grant(admin.client_id, admin.audience)
        if grant is None or set(management_scopes(DEFAULT_TENANT)) - set(grant.scope):
            changes.put(CLIENT_GRANTS, admin_grant(DEFAULT_TENANT, admin.client_id, admin.audience, grant))
        return changes

    def _read_or_make(self, path: Path) -> AdminFile:
        audience = management_audience(self._issuer)
        try:
            kept = msgspec.json.decode(path.read_bytes(), type=AdminFile)
        except FileNotFoundError:
            return AdminFile(
                issuer=self._issuer,
                client_id=ids.new_client_id(),
                client_secret=ids.new_client_secret(),
                audience=audience,
                tls_domain=self._tls_domain,
            )
        except OSError as error:
            raise AdminFileError(f"cannot read the admin file {path}: {error.strerror}") from error
        except msgspec.MsgspecError as error:
            raise AdminFileError(f"the admin file {path} is damaged; delete it to get a new one: {error}") from error
        return msgspec.structs.replace(kept, issuer=self._issuer, audience=audience, tls_domain=self._tls_domain)


def write_admin_file(path: Path, admin: AdminFile) -> None:
    """Write *admin* to *path*, mode 0600, in one step: a reader sees the old file or the new one.

    Raises:
        AdminFileError: the file cannot be written.
    """
    text = msgspec.json.format(msgspec.json.encode(admin), indent=2)
    try:
        write_private_file(path, text + b"\n")
    except OSError as error:
        raise AdminFileError(f"cannot write the admin file {path}: {error.strerror}") from error
