"""The bodies of ``/api/v2/clients``: what we act on, and what Auth0's tools send beside it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.fields import (
    ClientId,
    ClientSecretValue,
    Description,
    MetadataKey,
    MetadataValue,
    Name,
)
from rulemint_gateway.management.kept_fields import Flag, LongText, Object, Refused, Seconds, Text, Texts, Unpromised
from rulemint_gateway.management.placement import Placement
from rulemint_gateway.management.token_quotas import TokenQuota, check_quota
from rulemint_shared.records import Client

MAX_METADATA = 10

GrantTypes = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=50)]
AuthMethod = Literal["none", "client_secret_post", "client_secret_basic"]
ShownAuthMethod = Annotated[str, Meta(extra_json_schema={"enum": list(get_args(AuthMethod))})]
"""As it was stored."""


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


class CreateClient(KeptClientFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /clients``; id and secret are made unless given."""

    name: Name
    description: Description = ""
    client_id: ClientId | None = None
    client_secret: ClientSecretValue | None = None
    client_metadata: Annotated[dict[MetadataKey, MetadataValue], Meta(max_length=MAX_METADATA)] = {}
    grant_types: GrantTypes | None = None
    token_endpoint_auth_method: AuthMethod | None = None


class PatchClient(KeptClientFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /clients/{id}``. Metadata is merged; a null value removes its key."""

    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    client_secret: ClientSecretValue | UnsetType = UNSET
    """Replaces all of them; wants the scope ``update:client_keys``."""
    client_metadata: (
        Annotated[dict[MetadataKey, MetadataValue | None], Meta(max_length=2 * MAX_METADATA)] | UnsetType
    ) = UNSET
    """All that there may be taken away, and as many new ones."""
    grant_types: GrantTypes | UnsetType | None = UNSET
    token_endpoint_auth_method: AuthMethod | UnsetType | None = UNSET


PLACES = Placement(
    CreateClient,
    PatchClient,
    into=(Client,),
    renamed={"client_metadata": "metadata"},
    kept=KeptClientFields,
    apart={"client_secret"},
)


class ClientAnswer(KeptClientFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client; its secret is shown when it is made or rotated, never again."""

    client_id: str
    tenant: str
    is_global: bool = msgspec.field(name="global")
    name: str
    description: str
    client_metadata: dict[str, str]
    app_type: str
    grant_types: tuple[str, ...]
    is_first_party: bool
    token_endpoint_auth_method: ShownAuthMethod | UnsetType = UNSET
    client_secret: str | UnsetType = UNSET


def check_promises(body: KeptClientFields) -> None:
    """Refuse what would promise a protection that is not there, also a quota that limits nothing.

    Raises:
        InvalidBodyError: it names the field.
    """
    check_quota(body.token_quota, "token_quota")
    promises: dict[str, tuple[Any, str]] = {
        "client_authentication_methods": (
            body.client_authentication_methods,
            "clients prove who they are by a client secret",
        ),
        "require_proof_of_possession": (body.require_proof_of_possession, "tokens are bearer tokens"),
    }
    for name, (value, instead) in promises.items():
        if value:
            raise InvalidBodyError(f"{name} is not supported: {instead}", field=name)
