"""Refuses quotas of tokens that limit nothing; `rulemint_gateway.limits` counts."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.contract.kept_fields import DefaultTokenQuota, TokenQuota


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
