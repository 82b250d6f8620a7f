"""The bodies of ``/api/v2/tenants``, and the answer."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from rulemint_gateway.management.nouns.answers import Answer, Moment
from rulemint_gateway.management.nouns.fields import Hosts, Issuer, TenantName
from rulemint_gateway.management.nouns.placement import Placement
from rulemint_shared.clock import rfc3339_ms
from rulemint_shared.contract.records import Tenant


class CreateTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST /tenants``; the issuer is made from the first host unless given."""

    name: TenantName
    hosts: Hosts
    issuer: Issuer | None = None


class PatchTenant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``PATCH /tenants/{name}``."""

    disabled: bool | UnsetType = UNSET
    """A disabled tenant issues no tokens, and nobody manages it; what it issued can still be verified."""


PLACES = Placement(CreateTenant, PatchTenant, into=(Tenant,))


class Administrator(Answer, frozen=True, kw_only=True):
    """The credentials of a new tenant's first administrator."""

    client_id: str
    client_secret: str
    audience: str


class TenantAnswer(Answer, frozen=True, kw_only=True):
    """A tenant; its administrator is shown when it is made, never again."""

    name: str
    issuer: str
    hosts: tuple[str, ...]
    disabled: bool
    deletes_at: Moment | None
    """The time at which it is deleted; until then it can be restored."""
    administrator: Administrator | UnsetType = UNSET


def tenant_answer(tenant: Tenant) -> TenantAnswer:
    """Return the answer that shows *tenant*."""
    return TenantAnswer(
        name=tenant.name,
        issuer=tenant.issuer,
        hosts=tenant.hosts,
        disabled=tenant.disabled,
        deletes_at=rfc3339_ms(tenant.delete_at_ms) if tenant.delete_at_ms else None,
    )
