"""What a tenant must have before anyone can ask for anything: itself, the management API, and an administrator.

Idempotent: it runs at every start of every gateway, and also moves the management API along when the issuer changed.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from rulemint_gateway.stores.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, TENANTS
from rulemint_shared import ids
from rulemint_shared.deadline import unix_ms
from rulemint_shared.records import Client, ClientGrant, ClientSecret, ResourceServer, Scope, Tenant
from rulemint_shared.vault import Vault

ADMIN_CLIENT_NAME = "Rulemint administrator"
ADMIN_SECRET_NAME = "admin file"  # noqa: S105  # the secret's name
_NOUNS = ("clients", "resource_servers", "client_grants", "rules")
MANAGEMENT_SCOPES = (
    *(f"{verb}:{noun}" for noun in _NOUNS for verb in ("create", "read", "update", "delete")),
    "read:logs",
    "read:tenant_settings",
    "update:tenant_settings",
)


class AdminFile(msgspec.Struct, frozen=True, kw_only=True):
    """The administrator's credentials, readable by the owner of the service only."""

    issuer: str
    client_id: str
    client_secret: str
    audience: str


class AdminFileError(Exception):
    """The admin file cannot be read or written. The text names it."""


def management_audience(issuer: str) -> str:
    """The identifier of a tenant's management API."""
    return f"{issuer}api/v2/"


class Bootstrap:
    """Makes the tenant ``default`` usable."""

    def __init__(self, catalog: Catalog, store: ConfigStore, vault: Vault, *, issuer: str) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault
        self._issuer = issuer

    async def run(self, admin_file: Path | None) -> None:
        """Make whatever is missing; with *admin_file*, also the administrator whose credentials it holds.

        Raises:
            StoreUnavailableError: Redis does not answer.
            AdminFileError: the admin file cannot be read or written.
        """
        await self._store.transact(DEFAULT_TENANT, self._plan_tenant)
        await self._store.transact(DEFAULT_TENANT, self._plan_management_api)
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

    async def _plan_management_api(self) -> Changes[None]:
        changes: Changes[None] = Changes(None)
        config = self._catalog.tenant(DEFAULT_TENANT)
        existing = config.management_api()
        wanted = ResourceServer(
            id=existing.id if existing else ids.new_resource_server_id(),
            identifier=management_audience(self._issuer),
            name="Rulemint Management API",
            scopes=tuple(Scope(value=scope) for scope in MANAGEMENT_SCOPES),
            is_system=True,
            created_at_ms=existing.created_at_ms if existing else unix_ms(),
        )
        if existing == wanted:
            return changes
        changes.put(RESOURCE_SERVERS, wanted)
        if existing is not None:
            for grant in config.client_grants.values():
                if grant.audience == existing.identifier:
                    changes.put(CLIENT_GRANTS, msgspec.structs.replace(grant, audience=wanted.identifier))
        return changes

    async def _plan_administrator(self, admin: AdminFile) -> Changes[None]:
        changes: Changes[None] = Changes(None)
        config = self._catalog.tenant(DEFAULT_TENANT)
        now_ms = unix_ms()
        client = config.clients.get(admin.client_id)
        if client is None or not any(self._vault.secret_matches(admin.client_secret, s.hash) for s in client.secrets):
            secret = ClientSecret(
                name=ADMIN_SECRET_NAME, hash=self._vault.hash_secret(admin.client_secret), created_at_ms=now_ms
            )
            client = client or Client(client_id=admin.client_id, name=ADMIN_CLIENT_NAME, created_at_ms=now_ms)
            changes.put(CLIENTS, msgspec.structs.replace(client, secrets=(secret,), updated_at_ms=now_ms))
        grant = config.grant(admin.client_id, admin.audience)
        if grant is None or set(MANAGEMENT_SCOPES) - set(grant.scope):
            wanted = ClientGrant(
                id=grant.id if grant else ids.new_client_grant_id(),
                client_id=admin.client_id,
                audience=admin.audience,
                scope=MANAGEMENT_SCOPES,
                created_at_ms=now_ms,
                updated_at_ms=now_ms,
            )
            changes.put(CLIENT_GRANTS, wanted)
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
            )
        except OSError as error:
            raise AdminFileError(f"cannot read the admin file {path}: {error.strerror}") from error
        except msgspec.MsgspecError as error:
            raise AdminFileError(f"the admin file {path} is damaged; delete it to get a new one: {error}") from error
        return msgspec.structs.replace(kept, issuer=self._issuer, audience=audience)


def write_admin_file(path: Path, admin: AdminFile) -> None:
    """Write *admin* to *path*, mode 0600, in one step: a reader sees the old file or the new one.

    Raises:
        AdminFileError: the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    text = msgspec.json.format(msgspec.json.encode(admin), indent=2)
    try:
        part.unlink(missing_ok=True)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text + b"\n")
        part.replace(path)
    except OSError as error:
        raise AdminFileError(f"cannot write the admin file {path}: {error.strerror}") from error
