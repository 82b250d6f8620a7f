"""Quotas of tokens in bodies and answers, in the shape of Auth0's Management API; `rulemint_gateway.limits` counts."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError

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


def check_quota(quota: TokenQuota | UnsetType | None, field: str) -> None:
    """Refuse a *quota* without a number: it would limit nothing.

    Raises:
        InvalidBodyError: it names the *field*.
    """
    if isinstance(quota, TokenQuota):
        given = quota.client_credentials
        if given.per_hour is UNSET and given.per_day is UNSET:
            raise InvalidBodyError(
                f"{field}.client_credentials limits nothing: give it per_hour or per_day, or set {field} to null",
                field=f"{field}.client_credentials",
            )


def check_default_quota(quota: DefaultTokenQuota | UnsetType | None, field: str) -> None:
    """As `check_quota`, for both of its parts."""
    if isinstance(quota, DefaultTokenQuota):
        check_quota(quota.clients, f"{field}.clients")
        check_quota(quota.organizations, f"{field}.organizations")
