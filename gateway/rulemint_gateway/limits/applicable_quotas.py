"""Finds the quotas of tokens that apply to a request, from those of its tenant and its client.

They have the shape of Auth0's Management API and stand where it puts them: ``token_quota`` of a client, and
``default_token_quota`` of its tenant for clients without one of their own. ``tenant_token_quota`` and
``source_token_quota`` are ours: of a tenant as a whole, and of each address. Hours and days begin as UTC's do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from rulemint_gateway.limits.failed_authentication import place_of
from rulemint_shared.contract.records import Client, KeptFields, Tenant

OF_CLIENT, DEFAULT = "token_quota", "default_token_quota"
OF_TENANT, OF_SOURCE = "tenant_token_quota", "source_token_quota"
WINDOWS_S = {"per_hour": 3_600, "per_day": 86_400}


class QuotaBy(StrEnum):
    """The subject of a quota."""

    CLIENT = "client"
    TENANT = "tenant"
    SOURCE = "source"


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """So many tokens; *enforce* says whether more are refused, or only told of."""

    per_hour: int | None = None
    per_day: int | None = None
    enforce: bool = True


class Limit(NamedTuple):
    """One number of a quota."""

    by: QuotaBy
    subject: str
    """The client or address; empty for a tenant."""
    window: str
    """Its name in `WINDOWS_S`."""
    most: int
    enforce: bool

    def began_s(self, now_s: float) -> int:
        """The second at which the hour or day of *now_s* began."""
        window_s = WINDOWS_S[self.window]
        return int(now_s) // window_s * window_s

    def resets_in_s(self, now_s: float) -> int:
        """Whole seconds until the next one begins; 1 at least."""
        return max(1, self.began_s(now_s) + WINDOWS_S[self.window] - int(now_s))


def limits_of(tenant: Tenant, client: Client, source: str) -> list[Limit]:
    """The limits of *client* of *tenant* at *source*; none if no quota is set."""
    kept, own = tenant.kept, client.kept.get(OF_CLIENT)
    limits: list[Limit] = []
    if own is not None:
        limits += _limits(QuotaBy.CLIENT, client.client_id, own)
    elif DEFAULT in kept:
        limits += _limits(QuotaBy.CLIENT, client.client_id, _member(kept, DEFAULT, "clients"))
    limits += limits_of_tenant(tenant)
    if OF_SOURCE in kept:
        limits += _limits(QuotaBy.SOURCE, place_of(source), kept[OF_SOURCE])
    return limits


def limits_of_tenant(tenant: Tenant) -> list[Limit]:
    """The limits of all clients of *tenant* together; none if no such quota is set."""
    return _limits(QuotaBy.TENANT, "", tenant.kept[OF_TENANT]) if OF_TENANT in tenant.kept else []


def _limits(by: QuotaBy, subject: str, value: Any) -> list[Limit]:
    quota = _quota(value)
    if quota is None:
        return []
    given = (("per_hour", quota.per_hour), ("per_day", quota.per_day))
    return [Limit(by, subject, window, most, quota.enforce) for window, most in given if most is not None]


def _quota(value: Any) -> Quota | None:
    """The quota in a field; None if there is none, or what was kept before quotas had an effect is none."""
    try:
        return msgspec.convert(value["client_credentials"], Quota)
    except (msgspec.ValidationError, KeyError, TypeError):
        return None


def _member(kept: KeptFields, name: str, member: str) -> Any:
    value = kept[name]
    return value.get(member) if isinstance(value, dict) else None
