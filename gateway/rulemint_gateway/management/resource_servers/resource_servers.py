"""APIs (resource servers): create, read, list, patch, delete."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.etags import WithSecrets
from rulemint_gateway.management.nouns.fields import check_in_path
from rulemint_gateway.management.nouns.kept_fields import kept_of, with_kept
from rulemint_gateway.management.nouns.listings import FewRecords
from rulemint_gateway.management.resource_servers.bodies import (
    PLACES,
    CreateResourceServer,
    PatchResourceServer,
    ResourceServerAnswer,
    ScopeBody,
    check_promises,
    denies_clients,
)
from rulemint_gateway.management.signing_keys.publication import plan_outliving
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, RESOURCE_SERVERS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.kept_fields import KeptResourceServerFields
from rulemint_shared.contract.records import ResourceServer, Scope, SigningAlgorithm
from rulemint_shared.secrets.vault import Purpose, Vault


class ResourceServers:
    """The use cases of ``/api/v2/resource-servers``; an API is named by its id or its identifier."""

    create_body = CreateResourceServer
    patch_body = PatchResourceServer
    answer = ResourceServerAnswer
    filters: ClassVar[dict[str, str]] = {"identifiers": "identifier"}

    def __init__(self, catalog: Catalog, store: ConfigStore, vault: Vault) -> None:
        self._catalog = catalog
        self._store = store
        self._vault = vault

    async def create(self, tenant: str, body: CreateResourceServer) -> WithSecrets[ResourceServerAnswer]:
        """A new API; with HS256 the answer is the only one that ever shows its signing secret."""
        check_promises(body)
        check_in_path(body.identifier, "identifier")
        now_ms = unix_ms()
        secret = _signing_secret(body.signing_alg, body.signing_secret)
        kept = kept_of(body, KeptResourceServerFields)
        given = _given(body)
        given["name"] = body.name or body.identifier[:200]
        api = ResourceServer(
            id=ids.new_resource_server_id(),
            signing_secret=self._encrypt(secret),
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
            denies_clients=denies_clients(kept),
            kept=kept,
            **given,
        )

        async def plan() -> Changes[ResourceServer]:
            if self._catalog.tenant(tenant).api(api.identifier) is not None:
                raise ConflictError("A resource server with this identifier exists already", field="identifier")
            changes = Changes(api)
            changes.put(RESOURCE_SERVERS, api)
            return changes

        return _shown(await self._store.transact(tenant, plan), secret=secret)

    async def read(self, tenant: str, name: str) -> WithSecrets[ResourceServerAnswer]:
        """One API."""
        return _shown(self._find(tenant, name))

    async def list(self, tenant: str) -> FewRecords[ResourceServerAnswer]:
        """All APIs, oldest first."""
        apis = self._catalog.tenant(tenant).resource_servers.values()
        return FewRecords([_answer(api) for api in sorted(apis, key=lambda api: (api.created_at_ms, api.id))])

    async def patch(self, tenant: str, name: str, body: PatchResourceServer) -> WithSecrets[ResourceServerAnswer]:
        """Change what *body* names."""
        check_promises(body)

        async def plan() -> Changes[ResourceServer]:
            api = self._find_own(tenant, name)
            patched = self._patched(api, body)
            changes = Changes(patched)
            changes.put(RESOURCE_SERVERS, patched)
            plan_outliving(self._catalog.tenant(tenant), api, patched, changes, now_ms=unix_ms())
            return changes

        return _shown(await self._store.transact(tenant, plan))

    async def delete(self, tenant: str, name: str) -> None:
        """Delete the API and its client grants; one that is not there is no error."""

        async def plan() -> Changes[None]:
            changes: Changes[None] = Changes(None)
            await self.plan_delete(tenant, name, changes)
            return changes

        await self._store.transact(tenant, plan)

    async def plan_delete(self, tenant: str, name: str, changes: Changes[Any]) -> None:
        """Delete the API and its client grants with *changes*; one that is not there is no error.

        Raises:
            InvalidBodyError: it is the management API.
        """
        try:
            api = self._find_own(tenant, name)
        except NotFoundError:
            return
        config = self._catalog.tenant(tenant)
        changes.delete(RESOURCE_SERVERS, api.id)
        plan_outliving(config, api, None, changes, now_ms=unix_ms())
        grants = (await config.client_grants.order()).select({"audience": {api.identifier}})
        for grant_id in grants.ids(0, len(grants)):
            changes.delete(CLIENT_GRANTS, grant_id)

    def _patched(self, api: ResourceServer, body: PatchResourceServer) -> ResourceServer:
        algorithm = api.signing_alg if body.signing_alg is UNSET else body.signing_alg
        signing_secret = api.signing_secret
        if body.signing_secret is not UNSET:
            signing_secret = self._encrypt(_signing_secret(algorithm, body.signing_secret))
        if algorithm is SigningAlgorithm.HS256 and signing_secret is None:
            raise InvalidBodyError("HS256 needs a signing_secret of 32 characters or more", field="signing_secret")
        kept = kept_of(body, KeptResourceServerFields, api.kept)
        return msgspec.structs.replace(
            api,
            **_given(body),
            signing_secret=signing_secret,
            updated_at_ms=unix_ms(),
            denies_clients=denies_clients(kept),
            kept=kept,
        )

    def _find(self, tenant: str, name: str) -> ResourceServer:
        config = self._catalog.tenant(tenant)
        api = config.resource_servers.get(name) or config.api(name)
        if api is None:
            raise NotFoundError("resource server", code="inexistent_resource_server")
        return api

    def _find_own(self, tenant: str, name: str) -> ResourceServer:
        api = self._find(tenant, name)
        if api.is_system:
            raise InvalidBodyError("The management API cannot be changed or deleted", code="operation_not_supported")
        return api

    def _encrypt(self, secret: str | None) -> bytes | None:
        return None if secret is None else self._vault.encrypt(secret.encode(), purpose=Purpose.SIGNING_KEYS)


def _signing_secret(algorithm: SigningAlgorithm, given: str | None) -> str | None:
    if algorithm is SigningAlgorithm.HS256:
        return given or ids.new_client_secret()
    if given is not None:
        raise InvalidBodyError("signing_secret goes with signing_alg HS256 only", field="signing_secret")
    return None


def _given(body: CreateResourceServer | PatchResourceServer) -> dict[str, Any]:
    """The fields that *body* gives.

    Raises:
        InvalidBodyError: a scope is named twice.
    """
    given = PLACES.given(body, ResourceServer)
    if "scopes" in given:
        given["scopes"] = _scopes(given["scopes"])
    return given


def _scopes(bodies: list[ScopeBody]) -> tuple[Scope, ...]:
    values = [body.value for body in bodies]
    if len(set(values)) < len(values):
        raise InvalidBodyError("scopes names a scope twice", field="scopes")
    return tuple(Scope(value=body.value, description=body.description) for body in bodies)


def _shown(api: ResourceServer, *, secret: str | None = None) -> WithSecrets[ResourceServerAnswer]:
    """The API as it is answered: without its signing secret, but for a new *secret*, this once."""
    return WithSecrets(_answer(api, secret=UNSET if secret is None else secret), stored=api.signing_secret)


def _answer(api: ResourceServer, *, secret: str | UnsetType = UNSET) -> ResourceServerAnswer:
    answer = ResourceServerAnswer(
        id=api.id,
        identifier=api.identifier,
        name=api.name,
        scopes=[ScopeBody(value=scope.value, description=scope.description) for scope in api.scopes],
        signing_alg=api.signing_alg,
        token_lifetime=api.token_lifetime_s,
        enforce_grant_scopes=api.enforce_grant_scopes,
        is_system=api.is_system,
        allow_offline_access=False,
        signing_secret=secret,
    )
    return with_kept(answer, KeptResourceServerFields, api.kept)
