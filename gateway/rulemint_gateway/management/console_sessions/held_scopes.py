"""The scopes that a session holds now: what it had at its beginning, and what its client still has.

Those of a person are what the tenant's settings give for the values that the provider told of.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.sessions.records import ClientHolder, Holder, PersonHolder, live_secrets
from rulemint_shared.contract.oidc_providers import OidcProvider


class SessionOverError(Exception):
    """Nobody vouches for the session any more. The text says why."""


def held_scopes(config: TenantConfig, holder: Holder) -> tuple[str, ...]:
    """The scopes of *holder* that its client is still granted, or that its provider's settings still give.

    Raises:
        SessionOverError: nobody vouches for it any more.
    """
    match holder:
        case ClientHolder():
            return _of_client(config, holder)
        case PersonHolder():
            return _of_person(config, holder)
        case _:
            assert_never(holder)


def given_scopes(config: TenantConfig, provider: OidcProvider, values: Iterable[str]) -> tuple[str, ...]:
    """The scopes that *values* of the provider's claim give now, as far as the management API defines them."""
    api = config.management_api()
    given = {scope for value in values for scope in provider.scopes.get(value, ())}
    return () if api is None else tuple(scope.value for scope in api.scopes if scope.value in given)


def granted_scopes(config: TenantConfig, client_id: str) -> tuple[str, ...]:
    """The scopes that the client may ask for at the tenant's management API."""
    api = config.management_api()
    grant = None if api is None else config.grant(client_id, api.identifier)
    return () if grant is None else config.scopes_of(grant)


def _of_client(config: TenantConfig, holder: ClientHolder) -> tuple[str, ...]:
    client = config.clients.get(holder.client_id)
    if client is None or client.created_at_ms != holder.client_created_at_ms:
        raise SessionOverError("its client was deleted")
    if not any(mark in holder.secrets for _name, mark in live_secrets(client)):
        raise SessionOverError("the secret of its client was rotated, deleted, or has expired")
    granted = granted_scopes(config, holder.client_id)
    return tuple(scope for scope in holder.scopes if scope in granted)


def _of_person(config: TenantConfig, holder: PersonHolder) -> tuple[str, ...]:
    provider = next((each for each in config.tenant.oidc if each.name == holder.provider), None)
    if provider is None or (provider.issuer, provider.client_id) != (holder.issuer, holder.provider_client_id):
        raise SessionOverError("its provider of OpenID Connect was taken away")
    return given_scopes(config, provider, holder.values)
