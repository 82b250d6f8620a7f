"""Tenants: create, read, list, disable and enable.

For operators: clients that may do so in the tenant ``default``, and nobody in another.
"""

from __future__ import annotations

from shlex import quote
from urllib.parse import urlsplit

import msgspec

from rulemint_gateway.management.errors import ConflictError, ForbiddenError, InvalidBodyError, NotFoundError
from rulemint_gateway.management.nouns.listings import FewRecords
from rulemint_gateway.management.tenants.bodies import (
    PLACES,
    Administrator,
    CreateTenant,
    PatchTenant,
    TenantAnswer,
    tenant_answer,
)
from rulemint_gateway.management.tenants.setup import admin_client, admin_grant, management_api, with_admin_secret
from rulemint_gateway.stores.catalog.authority import normalised
from rulemint_gateway.stores.catalog.catalog import DEFAULT_TENANT, Catalog
from rulemint_gateway.stores.catalog.tables import CLIENT_GRANTS, CLIENTS, RESOURCE_SERVERS, SIGNING_KEYS, TENANTS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_gateway.stores.writing.deleted_tenants import DeletedTenants
from rulemint_gateway.tokens.signing_keys import SigningKeys
from rulemint_shared import ids
from rulemint_shared.clock import unix_ms
from rulemint_shared.contract.records import SigningAlgorithm, Tenant
from rulemint_shared.secrets.vault import Vault

SETTINGS = "settings"


class Tenants:
    """The use cases of ``/api/v2/tenants``."""

    create_body = CreateTenant
    patch_body = PatchTenant
    answer = TenantAnswer

    def __init__(
        self,
        catalog: Catalog,
        store: ConfigStore,
        vault: Vault,
        signing_keys: SigningKeys,
        deleted: DeletedTenants,
    ) -> None:
        self._deleted = deleted
        self._catalog = catalog
        self._store = store
        self._vault = vault
        self._signing_keys = signing_keys

    async def create(self, caller_tenant: str, body: CreateTenant) -> TenantAnswer:
        """A new tenant with its management API, key and administrator, all or nothing.

        The answer is the only one that ever shows the administrator's secret.
        """
        check_operator(caller_tenant)
        secret = ids.new_client_secret()
        client = with_admin_secret(admin_client(ids.new_client_id()), secret, self._vault)
        signing = await self._signing_keys.first_keys(body.name, SigningAlgorithm.RS256)

        async def plan() -> Changes[Tenant]:
            tenant = self._new_tenant(body)
            if settles_in_s := await self._deleted.settles_in_s(body.name):
                message = f"A tenant of this name was just deleted: the name is free in {settles_in_s} s"
                raise ConflictError(message, field="name")
            api = management_api(tenant)
            changes = Changes(tenant)
            changes.put(TENANTS, tenant)  # first: catalogs make room for it before the rest comes
            for key in signing:
                changes.put(SIGNING_KEYS, key)
            changes.put(RESOURCE_SERVERS, api)
            changes.put(CLIENTS, client)
            changes.put(CLIENT_GRANTS, admin_grant(tenant.name, client.client_id, api.identifier))
            return changes

        tenant = await self._store.transact(body.name, plan)
        administrator = Administrator(
            client_id=client.client_id, client_secret=secret, audience=management_api(tenant).identifier
        )
        return msgspec.structs.replace(tenant_answer(tenant), administrator=administrator)

    async def list(self, caller_tenant: str) -> FewRecords[TenantAnswer]:
        """All tenants, oldest first."""
        check_operator(caller_tenant)
        views = [tenant_answer(self._catalog.tenant(name).tenant) for name in self._catalog.tenant_names()]
        return FewRecords(views, id_field="name")

    async def read(self, caller_tenant: str, name: str) -> TenantAnswer:
        """One tenant."""
        check_operator(caller_tenant)
        return tenant_answer(self._find(name))

    async def patch(self, caller_tenant: str, name: str, body: PatchTenant) -> TenantAnswer:
        """Disable or enable the tenant; every gateway does so within a second."""
        check_operator(caller_tenant)

        async def plan() -> Changes[Tenant]:
            tenant = self._find(name)
            patched = msgspec.structs.replace(tenant, **PLACES.given(body, Tenant))
            if patched.disabled and name == DEFAULT_TENANT:
                message = "The tenant default cannot be disabled: nobody could enable it again"
                raise InvalidBodyError(message, field="disabled", code="operation_not_supported")
            if tenant.delete_at_ms and body.disabled is False:
                message = f"The tenant is being deleted: POST /api/v2/tenants/{name}/restore has it stay, as does "
                message += f"`rulemint tenants restore {quote(name)}`"
                raise ConflictError(message, field="disabled")
            changes = Changes(patched)
            changes.put(TENANTS, patched)
            return changes

        return tenant_answer(await self._store.transact(name, plan))

    def _find(self, name: str) -> Tenant:
        if not self._catalog.has_tenant(name):
            raise NotFoundError("tenant", code="inexistent_tenant")
        return self._catalog.tenant(name).tenant

    def _new_tenant(self, body: CreateTenant) -> Tenant:
        hosts = tuple(dict.fromkeys(normalised(host) for host in body.hosts))
        default_issuer = urlsplit(self._catalog.tenant(DEFAULT_TENANT).tenant.issuer)
        issuer = body.issuer or f"{default_issuer.scheme}://{hosts[0]}/"
        if body.name == SETTINGS:
            raise ConflictError(f"{SETTINGS} is the path of the caller's own settings", field="name")
        if self._catalog.has_tenant(body.name):
            raise ConflictError("A tenant with this name exists already", field="name")
        others = [self._catalog.tenant(name).tenant for name in self._catalog.tenant_names()]
        taken = {
            normalised(default_issuer.netloc),
            *(normalised(host) for tenant in others for host in tenant.hosts),
        }
        for host in hosts:
            if host in taken:
                raise ConflictError(f"{host} is another tenant's host already", field="hosts")
        if issuer in {tenant.issuer for tenant in others}:
            raise ConflictError(f"{issuer} is another tenant's issuer already", field="issuer")
        given = {**PLACES.given(body, Tenant), "hosts": hosts, "issuer": issuer}
        return Tenant(**given, created_at_ms=unix_ms())


def check_operator(tenant: str) -> None:
    """Refuse a caller of another tenant than ``default``.

    Raises:
        ForbiddenError: it is one.
    """
    if tenant != DEFAULT_TENANT:
        raise ForbiddenError("Only an operator may do this: an administrator of the tenant default")
