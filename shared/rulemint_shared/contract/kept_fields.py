"""Auth0's fields that the management API keeps and shows as they came; `rulemint config` knows them by these types.

They have no effect here, but for quotas of tokens and for ``subject_type_authorization``. All are unset by default; a
null forgets the field.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

Flag = bool | None
Text = Annotated[str, Meta(max_length=2_048)] | None
LongText = Annotated[str, Meta(max_length=32_768)] | None
Texts = Annotated[list[Annotated[str, Meta(max_length=2_048)]], Meta(max_length=500)] | None
Seconds = Annotated[int, Meta(ge=0, le=315_360_000)] | None
Number = Annotated[float, Meta(ge=0, le=315_360_000)] | None
Object = Annotated[dict[Annotated[str, Meta(min_length=1, max_length=255)], Any], Meta(max_length=200)] | None

Refused = Annotated[Flag, Meta(extra_json_schema={"enum": [False, None]})]
Unpromised = Annotated[Object, Meta(extra_json_schema={"enum": [{}, None]})]
NotRequired = Annotated[Object, Meta(extra_json_schema={"properties": {"required": {"enum": [False, None]}}})]
"""A field that would promise a protection that is not there. The management API refuses it, and says what there is."""


Tokens = Annotated[int, Meta(ge=1, le=2_147_483_647)]


class ClientCredentialsQuota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So many tokens; at least one of the two numbers."""

    per_hour: Tokens | UnsetType = UNSET
    """From one full hour (UTC) to the next."""
    per_day: Tokens | UnsetType = UNSET
    """From one midnight (UTC) to the next."""
    enforce: bool | UnsetType = UNSET
    """Without it, true: more are refused with 429. False: more are issued, and the log says so."""


class TokenQuota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A quota of tokens by the client credentials grant."""

    client_credentials: ClientCredentialsQuota


class DefaultTokenQuota(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The quota of each client that has none of its own; one of *organizations* is kept, and there are none here."""

    clients: TokenQuota | UnsetType = UNSET
    organizations: TokenQuota | UnsetType = UNSET


Addons = Annotated[Object, Meta(description="Without their secrets: nothing here needs them.")]


class EncryptionKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The public half of the key that a client wants something encrypted for."""

    pub: LongText | UnsetType = UNSET
    cert: LongText | UnsetType = UNSET
    subject: Text | UnsetType = UNSET


class KeptClientFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logins, browsers, organizations: nothing that a machine's token depends on, but for its quota."""

    app_type: Text | UnsetType = UNSET
    logo_uri: Text | UnsetType = UNSET
    is_first_party: Flag | UnsetType = UNSET
    oidc_conformant: Flag | UnsetType = UNSET
    callbacks: Texts | UnsetType = UNSET
    allowed_origins: Texts | UnsetType = UNSET
    web_origins: Texts | UnsetType = UNSET
    client_aliases: Texts | UnsetType = UNSET
    allowed_clients: Texts | UnsetType = UNSET
    allowed_logout_urls: Texts | UnsetType = UNSET
    oidc_logout: Object | UnsetType = UNSET
    oidc_backchannel_logout: Object | UnsetType = UNSET
    session_transfer: Object | UnsetType = UNSET
    is_token_endpoint_ip_header_trusted: Flag | UnsetType = UNSET
    jwt_configuration: Object | UnsetType = UNSET
    encryption_key: EncryptionKey | UnsetType | None = UNSET
    sso: Flag | UnsetType = UNSET
    sso_disabled: Flag | UnsetType = UNSET
    cross_origin_auth: Flag | UnsetType = UNSET
    cross_origin_authentication: Flag | UnsetType = UNSET
    cross_origin_loc: Text | UnsetType = UNSET
    custom_login_page_on: Flag | UnsetType = UNSET
    custom_login_page: LongText | UnsetType = UNSET
    custom_login_page_preview: LongText | UnsetType = UNSET
    form_template: LongText | UnsetType = UNSET
    addons: Addons | UnsetType = UNSET
    mobile: Object | UnsetType = UNSET
    initiate_login_uri: Text | UnsetType = UNSET
    native_social_login: Object | UnsetType = UNSET
    fedcm_login: Object | UnsetType = UNSET
    refresh_token: Object | UnsetType = UNSET
    default_organization: Object | UnsetType = UNSET
    organization_usage: Literal["deny", "allow", "require"] | UnsetType | None = UNSET
    organization_require_behavior: Text | UnsetType = UNSET
    organization_discovery_methods: Texts | UnsetType = UNSET
    client_authentication_methods: Unpromised | UnsetType = UNSET
    require_pushed_authorization_requests: Flag | UnsetType = UNSET
    require_proof_of_possession: Refused | UnsetType = UNSET
    signed_request_object: Object | UnsetType = UNSET
    token_vault_privileged_access: Object | UnsetType = UNSET
    compliance_level: Text | UnsetType = UNSET
    skip_non_verifiable_callback_uri_confirmation_prompt: Flag | UnsetType = UNSET
    token_exchange: Object | UnsetType = UNSET
    par_request_expiry: Seconds | UnsetType = UNSET
    token_quota: TokenQuota | UnsetType | None = UNSET
    """Instead of the tenant's ``default_token_quota``."""
    resource_server_identifier: Text | UnsetType = UNSET
    third_party_security_mode: Text | UnsetType = UNSET
    redirection_policy: Text | UnsetType = UNSET
    express_configuration: Object | UnsetType = UNSET
    my_organization_configuration: Object | UnsetType = UNSET
    async_approval_notification_channels: Texts | UnsetType = UNSET


class SubjectPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clients that may ask for tokens on a user's behalf."""

    policy: Literal["allow_all", "deny_all", "require_client_grant"]


class ClientPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The clients that may ask for tokens of their own."""

    policy: Literal["deny_all", "require_client_grant"]


class SubjectTypeAuthorization(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``client`` is what we act on: with ``deny_all`` no client gets a token for the API."""

    user: SubjectPolicy | UnsetType = UNSET
    client: ClientPolicy | UnsetType = UNSET


class KeptResourceServerFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Users, consent and refresh tokens: nothing that a machine's token depends on."""

    allow_offline_access: Flag | UnsetType = UNSET
    allow_online_access: Flag | UnsetType = UNSET
    allow_online_access_with_ephemeral_sessions: Flag | UnsetType = UNSET
    skip_consent_for_verifiable_first_party_clients: Flag | UnsetType = UNSET
    token_lifetime_for_web: Seconds | UnsetType = UNSET
    token_dialect: (
        Literal["access_token", "access_token_authz", "rfc9068_profile", "rfc9068_profile_authz"] | UnsetType | None
    ) = UNSET
    enforce_policies: Flag | UnsetType = UNSET
    token_encryption: Unpromised | UnsetType = UNSET
    consent_policy: Text | UnsetType = UNSET
    authorization_details: Annotated[list[Any], Meta(max_length=100)] | UnsetType | None = UNSET
    proof_of_possession: NotRequired | UnsetType = UNSET
    authorization_policy: Object | UnsetType = UNSET
    subject_type_authorization: SubjectTypeAuthorization | UnsetType | None = UNSET


OrganizationUsage = Literal["deny", "allow", "require"]
DetailsTypes = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(max_length=100)]


class KeptGrantFields(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Organizations and authorization details: nothing that a machine's token depends on."""

    organization_usage: OrganizationUsage | UnsetType | None = UNSET
    allow_any_organization: Flag | UnsetType = UNSET
    authorization_details_types: DetailsTypes | UnsetType | None = UNSET


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
    """Of each address that asks, all clients together; an IPv6 address counts as its network of 64 bits."""
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
