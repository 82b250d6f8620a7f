"""Clients: create, read, list, patch, delete."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.admin_file import AdminFileKeeper
from rulemint_gateway.management.clients.bodies import (
    MAX_METADATA,
    PLACES,
    ClientAnswer,
    CreateClient,
    PatchClient,
    check_promises,
)
from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.etags import WithSecrets
from rulemint_gateway.management.nouns.fields import check_in_path
from rulemint_gateway.management.nouns.kept_fields import kept_of, with_kept
from rulemint_gateway.management.nouns.listings import Listing, OrderedRecords
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.facets import USUAL_APP_TYPE, USUALLY_FIRST_PARTY
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.kept_fields import KeptClientFields
from rulemint_shared.contract.records import CLIENT_CREDENTIALS, Client, ClientSecret
from rulemint_shared.secrets.vault import Vault

IS_GLOBAL = False
FIRST_SECRET = "first"  # noqa: S105  # the secret's name


class Clients:
    """The use cases of ``/api/v2/clients``."""

    create_body = CreateClient
    patch_body = PatchClient
    answer = ClientAnswer

    def __init__(self, catalog: Catalog, store: ConfigStore, vault: Vault, admin_file: AdminFileKeeper) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault
        self._admin_file = admin_file

    async def create(self, tenant: str, body: CreateClient) -> WithSecrets[ClientAnswer]:
        """A new client; the answer is the only one that ever shows its secret."""
        check_promises(body)
        check_in_path(body.client_id, "client_id")
        now_ms = unix_ms()
        secret = body.client_secret or ids.new_client_secret()
        given = PLACES.given(body, Client)
        given["client_id"] = body.client_id or ids.new_client_id()
        client = Client(
            secrets=(self._secret(secret, now_ms),),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            kept=kept_of(body, KeptClientFields),
            **given,
        )

        async def plan() -> Changes[Client]:
            if client.client_id in self._catalog.tenant(tenant).clients:
                raise ConflictError("A client with this client_id exists already", field="client_id")
            changes = Changes(client)
            changes.put(CLIENTS, client)
            return changes

        return shown_client(tenant, await self._store.transact(tenant, plan), secret=secret)

    async def read(self, tenant: str, client_id: str) -> WithSecrets[ClientAnswer]:
        """One client, without its secrets."""
        return shown_client(tenant, find_client(self._catalog, tenant, client_id))

    async def list(self, tenant: str) -> Listing[ClientAnswer]:
        """All clients, oldest first."""
        clients = self._catalog.tenant(tenant).clients
        return OrderedRecords(
            clients, await clients.order(), partial(client_answer, tenant), fixed={"global": IS_GLOBAL}
        )

    async def patch(self, tenant: str, client_id: str, body: PatchClient) -> WithSecrets[ClientAnswer]:
        """Change what *body* names; a new secret replaces all others."""
        check_promises(body)

        async def plan() -> Changes[Client]:
            client = find_client(self._catalog, tenant, client_id)
            now_ms = unix_ms()
            given = PLACES.given(body, Client)
            if "metadata" in given:
                given["metadata"] = _merge_metadata(client.metadata, given["metadata"])
            if body.client_secret is not UNSET:
                given["secrets"] = (self._secret(body.client_secret, now_ms),)
            kept = kept_of(body, KeptClientFields, client.kept)
            patched = msgspec.structs.replace(client, **given, kept=kept, updated_at_ms=now_ms)
            changes = Changes(patched)
            changes.put(CLIENTS, patched)
            return changes

        patched = await self._store.transact(tenant, plan)
        if body.client_secret is not UNSET:
            await self._admin_file.follow(tenant, client_id, patched, secret=body.client_secret)
        return shown_client(tenant, patched)

    async def delete(self, tenant: str, client_id: str) -> None:
        """Delete the client, its client grants and its tapes; one that is not there is no error."""

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            self.plan_delete(tenant, client_id, changes)
            return changes

        await self._store.transact(tenant, plan)
        await self._admin_file.follow(tenant, client_id, None)

    def plan_delete(self, tenant: str, client_id: str, changes: Changes[Any]) -> None:
        """Delete the client and its client grants with *changes*; one that is not there is no error."""
        config = self._catalog.tenant(tenant)
        if client_id in config.clients:
            changes.delete(CLIENTS, client_id)
        for grant in config.grants_of(client_id):
            changes.delete(CLIENT_GRANTS, grant.id)

    def _secret(self, value: str, now_ms: int) -> ClientSecret:
        return ClientSecret(name=FIRST_SECRET, hash=self._vault.hash_secret(value), created_at_ms=now_ms)


def find_client(catalog: Catalog, tenant: str, client_id: str) -> Client:
    """The client.

    Raises:
        NotFoundError: there is none.
    """
    client = catalog.tenant(tenant).clients.get(client_id)
    if client is None:
        raise NotFoundError("client", code="inexistent_client")
    return client


def shown_client(tenant: str, client: Client, *, secret: str | None = None) -> WithSecrets[ClientAnswer]:
    """The client as it is answered: without its secrets, but for a new *secret*, this once."""
    answer = client_answer(tenant, client)
    if secret is not None:
        answer = msgspec.structs.replace(answer, client_secret=secret)
    return WithSecrets(answer, stored=client.secrets)


def client_answer(tenant: str, client: Client) -> ClientAnswer:
    """The client without its secrets."""
    answer = ClientAnswer(
        client_id=client.client_id,
        tenant=tenant,
        is_global=IS_GLOBAL,
        name=client.name,
        description=client.description,
        client_metadata=client.metadata,
        app_type=USUAL_APP_TYPE,
        grant_types=(CLIENT_CREDENTIALS,) if client.grant_types is None else client.grant_types,
        is_first_party=USUALLY_FIRST_PARTY,
        token_endpoint_auth_method=client.token_endpoint_auth_method or UNSET,
    )
    return with_kept(answer, KeptClientFields, client.kept)


def _merge_metadata(old: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    merged = {name: value for name, value in {**old, **changes}.items() if value is not None}
    if len(merged) > MAX_METADATA:
        raise InvalidBodyError(f"client_metadata may have {MAX_METADATA} entries at most", field="client_metadata")
    return merged
