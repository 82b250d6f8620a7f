"""The settings of the caller's tenant: read and patch. Every tenant has exactly one set of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.kept_fields import Flag, Number, Object, Text, Texts, kept_of, with_kept
from rulemint_gateway.management.placement import Placement
from rulemint_gateway.management.token_quotas import DefaultTokenQuota, TokenQuota, check_default_quota, check_quota
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.stores.config_store import Changes, ConfigStore
from rulemint_gateway.stores.tables import TENANTS
from rulemint_shared.records import ErrorStyle, Tenant


class KeptSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logins, pages, sessions: nothing that a machine's token depends on, but for the quotas."""

    friendly_name: Text | UnsetType = UNSET
    picture_url: Text | UnsetType = UNSET
    support_email: Text | UnsetType = UNSET
    support_url: Text | UnsetType = UNSET
    default_directory: Text | UnsetType = UNSET
    default_redirection_uri: Text | UnsetType = UNSET
    allowed_logout_urls: Texts | UnsetType = UNSET
    enabled_locales: Texts | UnsetType = UNSET
    acr_values_supported: Texts | UnsetType = UNSET
    change_password: Object | UnsetType = UNSET
    guardian_mfa_page: Object | UnsetType = UNSET
    error_page: Object | UnsetType = UNSET
    device_flow: Object | UnsetType = UNSET
    default_token_quota: DefaultTokenQuota | UnsetType | None = UNSET
    """Of each client that has no ``token_quota`` of its own."""
    tenant_token_quota: TokenQuota | UnsetType | None = UNSET
    """Of all clients of the tenant together."""
    source_token_quota: TokenQuota | UnsetType | None = UNSET
    """Of each address that asks, whatever the clients; an IPv6 address counts as its network of 64 bits."""
    flags: Object | UnsetType = UNSET
    security_headers: Object | UnsetType = UNSET
    session_cookie: Object | UnsetType = UNSET
    sessions: Object | UnsetType = UNSET
    oidc_logout: Object | UnsetType = UNSET
    mtls: Object | UnsetType = UNSET
    country_codes: Object | UnsetType = UNSET
    session_lifetime: Number | UnsetType = UNSET
    session_lifetime_in_minutes: Number | UnsetType = UNSET
    idle_session_lifetime: Number | UnsetType = UNSET
    idle_session_lifetime_in_minutes: Number | UnsetType = UNSET
    ephemeral_session_lifetime: Number | UnsetType = UNSET
    ephemeral_session_lifetime_in_minutes: Number | UnsetType = UNSET
    idle_ephemeral_session_lifetime: Number | UnsetType = UNSET
    idle_ephemeral_session_lifetime_in_minutes: Number | UnsetType = UNSET
    sandbox_version: Annotated[str, Meta(max_length=8)] | UnsetType | None = UNSET
    legacy_sandbox_version: Annotated[str, Meta(max_length=8)] | UnsetType | None = UNSET
    customize_mfa_in_postlogin_action: Flag | UnsetType = UNSET
    allow_organization_name_in_authentication_api: Flag | UnsetType = UNSET
    pushed_authorization_requests_supported: Flag | UnsetType = UNSET
    authorization_response_iss_parameter_supported: Flag | UnsetType = UNSET
    skip_non_verifiable_callback_uri_confirmation_prompt: Flag | UnsetType = UNSET
    resource_parameter_profile: Text | UnsetType = UNSET
    client_id_metadata_document_supported: Flag | UnsetType = UNSET
    enable_ai_guide: Flag | UnsetType = UNSET
    phone_consolidated_experience: Flag | UnsetType = UNSET
    include_session_metadata_in_tenant_logs: Flag | UnsetType = UNSET
    dynamic_client_registration_security_mode: Text | UnsetType = UNSET


class PatchTenantSettings(KeptSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /tenants/settings``, and of ``PUT``, which forgets what it does not name."""

    error_style: ErrorStyle | UnsetType = UNSET
    default_audience: Annotated[str, Meta(max_length=600, pattern=r"^[\x21-\x7e]*$")] | UnsetType | None = UNSET
    """What a token request asks for that names no API; empty or null: nothing, and it is refused."""


PLACES = Placement(PatchTenantSettings, into=(Tenant,), kept=KeptSettings)


class TenantSettingsAnswer(KeptSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The settings of a tenant."""

    error_style: ErrorStyle
    default_audience: str | UnsetType = UNSET


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
    return msgspec.structs.replace(record, error_style=ErrorStyle.RFC6749, default_audience="", kept={})


def _answer(tenant: Tenant) -> TenantSettingsAnswer:
    answer = TenantSettingsAnswer(error_style=tenant.error_style, default_audience=tenant.default_audience or UNSET)
    return with_kept(answer, KeptSettings, tenant.kept)
