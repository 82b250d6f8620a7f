"""The bodies of ``/api/v2/clients``: fields that we act on, and fields that Auth0's tools send too."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.fields import (
    ClientId,
    ClientSecretValue,
    Description,
    MetadataKey,
    MetadataValue,
    Name,
)
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_gateway.management.nouns.token_quota_checks import check_quota
from rulemint_shared.contract.kept_fields import KeptClientFields
from rulemint_shared.contract.records import Client

MAX_METADATA = 10

GrantTypes = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=50)]
AuthMethod = Literal["none", "client_secret_post", "client_secret_basic"]
ShownAuthMethod = Annotated[str, Meta(extra_json_schema={"enum": list(get_args(AuthMethod))})]
"""As it was stored."""


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


class _OwnFields(KeptClientFields, frozen=True, forbid_unknown_fields=True):
    """Shown before the kept ones, because a subclass's positional fields come first."""

    client_id: str
    tenant: str
    is_global: bool = msgspec.field(name="global")
    name: str
    description: str
    client_metadata: dict[str, str]
    grant_types: tuple[str, ...]


class ClientAnswer(_OwnFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client; its secret is shown when it is made or rotated, never again."""

    app_type: str
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
