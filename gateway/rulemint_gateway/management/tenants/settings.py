"""The settings of the caller's tenant: read and patch. Every tenant has exactly one set of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.kept_fields import kept_of, with_kept
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_gateway.management.nouns.token_quota_checks import check_default_quota, check_quota
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.catalog.tables import TENANTS
from rulemint_gateway.stores.writing.config_store import Changes, ConfigStore
from rulemint_shared.contract.kept_fields import KeptSettings
from rulemint_shared.contract.records import ErrorStyle, TapeSampling, Tenant
from rulemint_shared.whole_text import whole


class PatchTenantSettings(KeptSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /tenants/settings``, and of ``PUT``, which forgets what it does not name."""

    error_style: ErrorStyle | UnsetType = UNSET
    default_audience: (
        Annotated[
            str, Meta(max_length=600, pattern=whole(r"[\x21-\x7e]*", means="printable ASCII characters without blanks"))
        ]
        | UnsetType
        | None
    ) = UNSET
    """The API of a token request that names none; empty or null: such a request is refused."""
    tapes: TapeSampling | UnsetType | None = UNSET
    """The token requests that leave a tape; null: as the operator's settings say."""


PLACES = Placement(PatchTenantSettings, into=(Tenant,), kept=KeptSettings)


class TenantSettingsAnswer(
    KeptSettings, frozen=True, forbid_unknown_fields=True
):  # positional: these come before the kept ones
    """The settings of a tenant."""

    error_style: ErrorStyle
    default_audience: str | UnsetType = UNSET
    tapes: TapeSampling | UnsetType = UNSET


class TenantSettings:
    """The use cases of ``/api/v2/tenants/settings``."""

    def __init__(self, catalog: Catalog, store: ConfigStore) -> None:
        self._catalog = catalog
        self._store = store

    async def read(self, tenant: str) -> TenantSettingsAnswer:
        """The settings as they are."""
        return _answer(self._catalog.tenant(tenant).tenant)

    async def patch(self, tenant: str, body: PatchTenantSettings) -> TenantSettingsAnswer:
        """Change what *body* names; the next token request is answered by it."""
        return await self._write(tenant, body, lambda record: record)

    async def replace(self, tenant: str, body: PatchTenantSettings) -> TenantSettingsAnswer:
        """Have what *body* names, and the default of everything else."""
        return await self._write(tenant, body, _without_settings)

    async def _write(
        self, tenant: str, body: PatchTenantSettings, begin: Callable[[Tenant], Tenant]
    ) -> TenantSettingsAnswer:
        check_default_quota(body.default_token_quota, "default_token_quota")
        check_quota(body.tenant_token_quota, "tenant_token_quota")
        check_quota(body.source_token_quota, "source_token_quota")

        async def plan() -> Changes[Tenant]:
            config = self._catalog.tenant(tenant)
            record = begin(config.tenant)
            if body.default_audience and config.api(body.default_audience) is None:
                raise InvalidBodyError("There is no API with this identifier", field="default_audience")
            given = PLACES.given(body, Tenant)
            if body.default_audience is None:
                given["default_audience"] = ""
            patched = msgspec.structs.replace(record, **given, kept=kept_of(body, KeptSettings, record.kept))
            changes = Changes(patched)
            changes.put(TENANTS, patched)
            return changes

        return _answer(await self._store.transact(tenant, plan))


def _without_settings(record: Tenant) -> Tenant:
    return msgspec.structs.replace(record, error_style=ErrorStyle.RFC6749, default_audience="", tapes=None, kept={})


def _answer(tenant: Tenant) -> TenantSettingsAnswer:
    answer = TenantSettingsAnswer(
        error_style=tenant.error_style,
        default_audience=tenant.default_audience or UNSET,
        tapes=tenant.tapes or UNSET,
    )
    return with_kept(answer, KeptSettings, tenant.kept)
