"""Client grants: create, read, list, patch, delete."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET

from rulemint_gateway.management.client_grants.bodies import (
    PLACES,
    ClientGrantAnswer,
    CreateClientGrant,
    PatchClientGrant,
)
from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.kept_fields import kept_of, with_kept
from rulemint_gateway.management.nouns.listings import FewRecords, Listing, OrderedRecords
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.record_order import RecordOrder, Wanted, key_of
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.kept_fields import KeptGrantFields
from rulemint_shared.contract.records import ClientGrant

SUBJECT_TYPE = "client"


class ClientGrants:
    """The use cases of ``/api/v2/client-grants``."""

    create_body = CreateClientGrant
    patch_body = PatchClientGrant
    answer = ClientGrantAnswer
    filters: ClassVar[dict[str, str]] = {
        name: name for name in ("audience", "client_id", "subject_type", "allow_any_organization")
    }

    def __init__(self, catalog: Catalog, store: ConfigStore) -> None:
        self._catalog = catalog
        self._store = store

    async def create(self, tenant: str, body: CreateClientGrant) -> ClientGrantAnswer:
        """Let the client ask for the API, with these scopes at most."""
        now_ms = unix_ms()
        grant = ClientGrant(
            id=ids.new_client_grant_id(),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            kept=kept_of(body, KeptGrantFields),
            **_given(body),
        )

        async def plan() -> Changes[ClientGrant]:
            config = self._catalog.tenant(tenant)
            if body.client_id not in config.clients:
                raise NotFoundError("client", code="inexistent_client")
            self._check_scopes(tenant, grant)
            if config.grant(body.client_id, body.audience) is not None:
                raise ConflictError("The client has a grant for this audience already: patch that one")
            changes = Changes(grant)
            changes.put(CLIENT_GRANTS, grant)
            return changes

        return _answer(await self._store.transact(tenant, plan))

    async def read(self, tenant: str, grant_id: str) -> ClientGrantAnswer:
        """One client grant."""
        return _answer(self._find(tenant, grant_id))

    async def list(self, tenant: str) -> Listing[ClientGrantAnswer]:
        """All client grants, oldest first."""
        config = self._catalog.tenant(tenant)
        return _Grants(config, await config.client_grants.order())

    async def patch(self, tenant: str, grant_id: str, body: PatchClientGrant) -> ClientGrantAnswer:
        """Change what *body* names."""

        async def plan() -> Changes[ClientGrant]:
            grant = self._find(tenant, grant_id)
            kept = kept_of(body, KeptGrantFields, grant.kept)
            patched = msgspec.structs.replace(grant, **_given(body), kept=kept, updated_at_ms=unix_ms())
            self._check_scopes(tenant, patched)
            changes = Changes(patched)
            changes.put(CLIENT_GRANTS, patched)
            return changes

        return _answer(await self._store.transact(tenant, plan))

    async def delete(self, tenant: str, grant_id: str) -> None:
        """Delete the grant; one that is not there is no error."""

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            self.plan_delete(tenant, grant_id, changes)
            return changes

        await self._store.transact(tenant, plan)

    def plan_delete(self, tenant: str, grant_id: str, changes: Changes[Any]) -> None:
        """Delete the grant with *changes*; one that is not there is no error."""
        if grant_id in self._catalog.tenant(tenant).client_grants:
            changes.delete(CLIENT_GRANTS, grant_id)

    def _find(self, tenant: str, grant_id: str) -> ClientGrant:
        grant = self._catalog.tenant(tenant).client_grants.get(grant_id)
        if grant is None:
            raise NotFoundError("client grant", code="inexistent_client_grant")
        return grant

    def _check_scopes(self, tenant: str, grant: ClientGrant) -> None:
        api = self._catalog.tenant(tenant).api(grant.audience)
        if api is None:
            raise NotFoundError("resource server", code="inexistent_resource_server")
        defined = {scope.value for scope in api.scopes}
        unknown = [scope for scope in grant.scope if scope not in defined]
        if unknown:
            raise InvalidBodyError(f"The resource server does not define: {' '.join(unknown)}", field="scope")


def _given(body: CreateClientGrant | PatchClientGrant) -> dict[str, Any]:
    """The fields that *body* gives, with each scope once."""
    given = PLACES.given(body, ClientGrant)
    if "scope" in given:
        given["scope"] = tuple(dict.fromkeys(given["scope"]))
    if given.get("allow_all_scopes", False) is None:
        given["allow_all_scopes"] = False
    return given


class _Grants(OrderedRecords[ClientGrant, ClientGrantAnswer]):
    """Those of a client are found by the client: they are few."""

    def __init__(self, config: TenantConfig, order: RecordOrder) -> None:
        super().__init__(config.client_grants, order, _answer, fixed={"subject_type": SUBJECT_TYPE})
        self._config = config

    def matching(self, wanted: Wanted) -> Listing[ClientGrantAnswer]:
        """Those whose fields have one of the *wanted* values each."""
        if "client_id" not in wanted:
            return super().matching(wanted)
        grants = [grant for client_id in wanted["client_id"] for grant in self._config.grants_of(client_id)]
        oldest_first = sorted(grants, key=lambda grant: key_of(grant.id, grant))
        return FewRecords([_answer(grant) for grant in oldest_first]).matching(wanted)


def _answer(grant: ClientGrant) -> ClientGrantAnswer:
    answer = ClientGrantAnswer(
        id=grant.id,
        client_id=grant.client_id,
        audience=grant.audience,
        scope=grant.scope,
        subject_type="client",
        allow_all_scopes=True if grant.allow_all_scopes else UNSET,
    )
    return with_kept(answer, KeptGrantFields, grant.kept)
