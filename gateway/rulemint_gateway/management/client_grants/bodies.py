"""The bodies of ``/api/v2/client-grants``, and the answer."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.fields import ClientId, Identifier, ScopeValues
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_shared.contract.kept_fields import KeptGrantFields
from rulemint_shared.contract.records import ClientGrant


class CreateClientGrant(KeptGrantFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /client-grants``."""

    client_id: ClientId
    audience: Identifier
    scope: ScopeValues = []
    subject_type: Literal["client"] = "client"
    allow_all_scopes: bool = False
    """All scopes that the API defines, also those that it will define later."""


class PatchClientGrant(KeptGrantFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /client-grants/{id}``; the scopes are replaced as a whole."""

    scope: ScopeValues | UnsetType = UNSET
    allow_all_scopes: bool | UnsetType | None = UNSET


PLACES = Placement(
    CreateClientGrant, PatchClientGrant, into=(ClientGrant,), kept=KeptGrantFields, apart={"subject_type"}
)


class ClientGrantAnswer(
    KeptGrantFields, frozen=True, forbid_unknown_fields=True
):  # positional: these come before the kept ones
    """A client grant."""

    id: str
    client_id: str
    audience: str
    scope: tuple[str, ...]
    subject_type: Literal["client"]
    allow_all_scopes: bool | UnsetType = UNSET
    """Left out unless it is true."""
