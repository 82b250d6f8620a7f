"""Clients: create, read, list, patch, delete."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.fields import (
    ClientId,
    ClientSecretValue,
    Description,
    GrantTypes,
    MetadataKey,
    MetadataValue,
    Name,
)
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import CLIENT_GRANTS, CLIENTS
from rulemint_shared import ids
from rulemint_shared.deadline import unix_ms
from rulemint_shared.records import CLIENT_CREDENTIALS, Client, ClientSecret
from rulemint_shared.vault import Vault

MAX_METADATA = 10
FIRST_SECRET = "first"  # noqa: S105  # the secret's name


class CreateClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /clients``; id and secret are made unless given."""

    name: Name
    description: Description = ""
    client_id: ClientId | None = None
    client_secret: ClientSecretValue | None = None
    client_metadata: Annotated[dict[MetadataKey, MetadataValue], Meta(max_length=MAX_METADATA)] = {}
    grant_types: GrantTypes = (CLIENT_CREDENTIALS,)


class PatchClient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /clients/{id}``. Metadata is merged; a null value removes its key."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    client_secret: ClientSecretValue | UnsetType = UNSET
    client_metadata: dict[MetadataKey, MetadataValue | None] | UnsetType = UNSET
    grant_types: GrantTypes | UnsetType = UNSET
    """Replaces all of them; a client without ``client_credentials`` gets no token."""


class Clients:
    """The use cases of ``/api/v2/clients``."""

    create_body = CreateClient
    patch_body = PatchClient

    def __init__(self, catalog: Catalog, store: ConfigStore, vault: Vault) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault

    async def create(self, tenant: str, body: CreateClient) -> dict[str, Any]:
        """A new client; the answer is the only one that ever shows its secret."""
        now_ms = unix_ms()
        secret = body.client_secret or ids.new_client_secret()
        client = Client(
            client_id=body.client_id or ids.new_client_id(),
            name=body.name,
            description=body.description,
            metadata=body.client_metadata,
            grant_types=body.grant_types,
            secrets=(self._secret(secret, now_ms),),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )

        async def plan() -> Changes[Client]:
            if client.client_id in self._catalog.tenant(tenant).clients:
                raise ConflictError("A client with this client_id exists already", field="client_id")
            changes = Changes(client)
            changes.put(CLIENTS, client)
            return changes

        return {**_view(tenant, await self._store.transact(tenant, plan)), "client_secret": secret}

    async def read(self, tenant: str, client_id: str) -> dict[str, Any]:
        """One client, without its secrets."""
        return _view(tenant, self._find(tenant, client_id))

    async def list(self, tenant: str) -> list[dict[str, Any]]:
        """All clients, oldest first."""
        clients = self._catalog.tenant(tenant).clients.values()
        return [_view(tenant, client) for client in sorted(clients, key=lambda c: (c.created_at_ms, c.client_id))]

    async def patch(self, tenant: str, client_id: str, body: PatchClient) -> dict[str, Any]:
        """Change what *body* names; a new secret replaces all others."""

        async def plan() -> Changes[Client]:
            client = self._find(tenant, client_id)
            now_ms = unix_ms()
            patched = msgspec.structs.replace(
                client,
                name=client.name if body.name is UNSET else body.name,
                description=client.description if body.description is UNSET else body.description,
                metadata=_merge_metadata(client.metadata, body.client_metadata),
                grant_types=client.grant_types if body.grant_types is UNSET else body.grant_types,
                secrets=client.secrets if body.client_secret is UNSET else (self._secret(body.client_secret, now_ms),),
                updated_at_ms=now_ms,
            )
            changes = Changes(patched)
            changes.put(CLIENTS, patched)
            return changes

        return _view(tenant, await self._store.transact(tenant, plan))

    async def delete(self, tenant: str, client_id: str) -> None:
        """Delete the client and its client grants; one that is not there is no error."""

        async def plan() -> Changes[None]:
            config = self._catalog.tenant(tenant)
            changes: Changes[None] = Changes(None)
            if client_id in config.clients:
                changes.delete(CLIENTS, client_id)
            for grant in config.client_grants.values():
                if grant.client_id == client_id:
                    changes.delete(CLIENT_GRANTS, grant.id)
            return changes

        await self._store.transact(tenant, plan)

    def _find(self, tenant: str, client_id: str) -> Client:
        client = self._catalog.tenant(tenant).clients.get(client_id)
        if client is None:
            raise NotFoundError("client", code="inexistent_client")
        return client

    def _secret(self, value: str, now_ms: int) -> ClientSecret:
        return ClientSecret(name=FIRST_SECRET, hash=self._vault.hash_secret(value), created_at_ms=now_ms)


def _merge_metadata(old: dict[str, str], changes: dict[str, str | None] | UnsetType) -> dict[str, str]:
    if changes is UNSET:
        return old
    merged = {name: value for name, value in {**old, **changes}.items() if value is not None}
    if len(merged) > MAX_METADATA:
        raise InvalidBodyError(f"client_metadata may have {MAX_METADATA} entries at most", field="client_metadata")
    return merged


def _view(tenant: str, client: Client) -> dict[str, Any]:
    return {
        "client_id": client.client_id,
        "tenant": tenant,
        "name": client.name,
        "description": client.description,
        "client_metadata": client.metadata,
        "app_type": "non_interactive",
        "grant_types": client.grant_types,
        "is_first_party": True,
    }
