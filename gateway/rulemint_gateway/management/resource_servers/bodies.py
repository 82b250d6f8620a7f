"""The bodies of ``/api/v2/resource-servers``: fields that we act on, and fields that Auth0's tools send too."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.fields import (
    Description,
    Identifier,
    Name,
    ScopeValue,
    SigningSecret,
    TokenLifetime,
)
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_shared.contract.kept_fields import KeptResourceServerFields
from rulemint_shared.contract.records import ResourceServer, SigningAlgorithm


class ScopeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scope that the API defines."""

    value: ScopeValue
    description: Description = ""


Scopes = Annotated[list[ScopeBody], Meta(max_length=1_000)]


class CreateResourceServer(KeptResourceServerFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /resource-servers``."""

    identifier: Identifier
    name: Name | None = None
    scopes: Scopes = []
    signing_alg: SigningAlgorithm = SigningAlgorithm.RS256
    signing_secret: SigningSecret | None = None
    token_lifetime: TokenLifetime = 86_400
    enforce_grant_scopes: bool = False


class PatchResourceServer(KeptResourceServerFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /resource-servers/{id}``; the identifier never changes, scopes are replaced as a whole."""

    name: Name | UnsetType = UNSET
    scopes: Scopes | UnsetType = UNSET
    signing_alg: SigningAlgorithm | UnsetType = UNSET
    signing_secret: SigningSecret | UnsetType = UNSET
    token_lifetime: TokenLifetime | UnsetType = UNSET
    enforce_grant_scopes: bool | UnsetType = UNSET


PLACES = Placement(
    CreateResourceServer,
    PatchResourceServer,
    into=(ResourceServer,),
    renamed={"token_lifetime": "token_lifetime_s"},
    kept=KeptResourceServerFields,
    apart={"signing_secret"},
)


class _OwnFields(KeptResourceServerFields, frozen=True, forbid_unknown_fields=True):
    """Shown before the kept ones, because a subclass's positional fields come first."""

    id: str
    identifier: str
    name: str
    scopes: list[ScopeBody]
    signing_alg: SigningAlgorithm
    token_lifetime: int
    enforce_grant_scopes: bool
    is_system: bool


class ResourceServerAnswer(_OwnFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API; a signing secret of HS256 is shown when it is made, never again."""

    allow_offline_access: bool
    signing_secret: str | UnsetType = UNSET


def check_promises(body: KeptResourceServerFields) -> None:
    """Refuse what would promise a protection that is not there.

    Raises:
        InvalidBodyError: it names the field.
    """
    if body.token_encryption:
        raise InvalidBodyError("token_encryption is not supported: tokens are signed only", field="token_encryption")
    if isinstance(body.proof_of_possession, dict) and body.proof_of_possession.get("required"):
        message = "proof_of_possession cannot be required: tokens are bearer tokens"
        raise InvalidBodyError(message, field="proof_of_possession.required")


def denies_clients(kept: dict[str, Any]) -> bool:
    """True if the kept fields of an API say that no client gets a token for it."""
    client = (kept.get("subject_type_authorization") or {}).get("client") or {}
    return bool(client.get("policy") == "deny_all")
