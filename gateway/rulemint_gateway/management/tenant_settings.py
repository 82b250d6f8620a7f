"""The settings of the caller's tenant: read and patch. Every tenant has exactly one set of them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import TENANTS
from rulemint_shared.records import ErrorStyle, Tenant


class PatchTenantSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /tenants/settings``."""

    error_style: ErrorStyle | UnsetType = UNSET


class TenantSettings:
    """The use cases of ``/api/v2/tenants/settings``."""

    def __init__(self, catalog: Catalog, store: ConfigStore) -> None:
        self._catalog = catalog
        self._store = store

    def read(self, tenant: str) -> dict[str, Any]:
        """The settings as they are."""
        return _view(self._catalog.tenant(tenant).tenant)

    async def patch(self, tenant: str, body: PatchTenantSettings) -> dict[str, Any]:
        """Change what *body* names; the next token request is answered by it."""

        async def plan() -> Changes[Tenant]:
            record = self._catalog.tenant(tenant).tenant
            given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not UNSET}
            changes = Changes(msgspec.structs.replace(record, **given))
            changes.put(TENANTS, changes.result)
            return changes

        return _view(await self._store.transact(tenant, plan))


def _view(tenant: Tenant) -> dict[str, Any]:
    return {"error_style": tenant.error_style}
