"""Makes the records of a new tenant: itself, the management API that its administrators ask, and one administrator.

`Bootstrap` makes them for the tenant ``default`` at every start, `Tenants` for a new tenant once.
"""

from __future__ import annotations

import msgspec

from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import Client, ClientGrant, ClientSecret, ResourceServer, Scope, Tenant
from rulemint_shared.secrets.vault import Vault

ADMIN_CLIENT_NAME = "Rulemint administrator"
MANAGEMENT_API_NAME = "Auth0 Management API"
"""The name by which Auth0's deploy CLI leaves it alone: under any other it exports, patches and deletes it."""
ADMIN_SECRET_NAME = "admin file"  # noqa: S105  # the secret's name
_NOUNS = ("clients", "resource_servers", "client_grants", "rules", "hooks", "actions")
MANAGEMENT_SCOPES = (
    *(f"{verb}:{noun}" for noun in _NOUNS for verb in ("create", "read", "update", "delete")),
    *(f"{verb}:client_keys" for verb in ("create", "read", "update", "delete")),
    "create:signing_keys",
    "read:signing_keys",
    "update:signing_keys",
    "read:logs",
    "read:exchange_inputs",
    "delete:exchange_inputs",
    "read:stats",
    "read:tenant_settings",
    "update:tenant_settings",
    "create:sessions",
    "read:sessions",
    "delete:sessions",
)
OPERATOR_SCOPES = ("create:tenants", "read:tenants", "update:tenants", "delete:tenants", "read:status")
"""Over all tenants, so only the management API of ``default`` defines them."""


def management_audience(issuer: str) -> str:
    """The identifier of a tenant's management API."""
    return f"{issuer}api/v2/"


def management_scopes(tenant: str) -> tuple[str, ...]:
    """The scopes of an administrator of *tenant*."""
    return MANAGEMENT_SCOPES + OPERATOR_SCOPES if tenant == DEFAULT_TENANT else MANAGEMENT_SCOPES


def management_api(tenant: Tenant, existing: ResourceServer | None = None) -> ResourceServer:
    """The management API of *tenant* as it must be; *existing* is the one that it has."""
    return ResourceServer(
        id=existing.id if existing else ids.new_resource_server_id(),
        identifier=management_audience(tenant.issuer),
        name=MANAGEMENT_API_NAME,
        scopes=tuple(Scope(value=scope) for scope in management_scopes(tenant.name)),
        is_system=True,
        created_at_ms=existing.created_at_ms if existing else unix_ms(),
    )


def with_admin_secret(client: Client, secret: str, vault: Vault) -> Client:
    """*client* with *secret* as its only one."""
    now_ms = unix_ms()
    kept = ClientSecret(name=ADMIN_SECRET_NAME, hash=vault.hash_secret(secret), created_at_ms=now_ms)
    return msgspec.structs.replace(client, secrets=(kept,), updated_at_ms=now_ms)


def admin_client(client_id: str) -> Client:
    """An administrator, as yet without a secret."""
    return Client(client_id=client_id, name=ADMIN_CLIENT_NAME, created_at_ms=unix_ms())


def admin_grant(tenant: str, client_id: str, audience: str, existing: ClientGrant | None = None) -> ClientGrant:
    """The client grant that lets an administrator do everything in *tenant*; *existing* is the grant that it has."""
    now_ms = unix_ms()
    return ClientGrant(
        id=existing.id if existing else ids.new_client_grant_id(),
        client_id=client_id,
        audience=audience,
        scope=management_scopes(tenant),
        created_at_ms=existing.created_at_ms if existing else now_ms,
        updated_at_ms=now_ms,
    )
