"""The bodies of ``/api/v2/resource-servers``: what we act on, and what Auth0's tools send beside it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.fields import (
    Description,
    Identifier,
    Name,
    ScopeValue,
    SigningSecret,
    TokenLifetime,
)
from rulemint_gateway.management.kept_fields import Flag, NotRequired, Object, Seconds, Text, Unpromised
from rulemint_gateway.management.placement import Placement
from rulemint_shared.records import ResourceServer, SigningAlgorithm


class ScopeBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One scope that the API defines."""

    value: ScopeValue
    description: Description = ""


Scopes = Annotated[list[ScopeBody], Meta(max_length=1_000)]


class SubjectPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may ask for tokens on whose behalf."""

    policy: Literal["allow_all", "deny_all", "require_client_grant"]


class ClientPolicy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether clients may ask for tokens of their own."""

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


class ResourceServerAnswer(KeptResourceServerFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An API; a signing secret of HS256 is shown when it is made, never again."""

    id: str
    identifier: str
    name: str
    scopes: list[ScopeBody]
    signing_alg: SigningAlgorithm
    token_lifetime: int
    enforce_grant_scopes: bool
    is_system: bool
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
    """Whether the kept fields of an API say that no client gets a token for it."""
    client = (kept.get("subject_type_authorization") or {}).get("client") or {}
    return bool(client.get("policy") == "deny_all")
