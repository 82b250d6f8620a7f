"""A provider of OpenID Connect by which people sign in to the console of a tenant, as Redis keeps it."""

from __future__ import annotations

import msgspec


class OidcProvider(msgspec.Struct, frozen=True, kw_only=True):
    """One provider: where it is, who the tenant is there, and what its people may do here."""

    name: str
    issuer: str
    client_id: str
    """The tenant's own id at the provider."""
    secret: bytes
    """The client secret there, encrypted."""
    claim: str
    """The claim of an ID token whose values give scopes."""
    scopes: dict[str, tuple[str, ...]] = {}
    """A value of the claim → the scopes of the management API that it gives."""
    subject_claim: str = "sub"
    """The claim that is shown as the name of who signed in."""
    request_scopes: tuple[str, ...] = ("openid",)
    hosts: tuple[str, ...] = ()
    """The hosts of the provider's endpoints besides the issuer's own."""
