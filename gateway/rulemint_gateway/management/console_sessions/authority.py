"""The scopes that a session holds now: what it had at its beginning, and what its client still has."""

from __future__ import annotations

from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_gateway.stores.sessions.records import ClientAuthority, live_secrets


class SessionOverError(Exception):
    """The client that a session acts for can vouch for it no more. The text says why."""


def held_scopes(config: TenantConfig, authority: ClientAuthority) -> tuple[str, ...]:
    """The scopes of *authority* that its client is still granted.

    Raises:
        SessionOverError: the client is gone, or none of the secrets is live that it had at the beginning.
    """
    client = config.clients.get(authority.client_id)
    if client is None or client.created_at_ms != authority.client_created_at_ms:
        raise SessionOverError("its client was deleted")
    if not any(mark in authority.secrets for _name, mark in live_secrets(client)):
        raise SessionOverError("the secret of its client was rotated, deleted, or has expired")
    granted = granted_scopes(config, authority.client_id)
    return tuple(scope for scope in authority.scopes if scope in granted)


def granted_scopes(config: TenantConfig, client_id: str) -> tuple[str, ...]:
    """The scopes that the client may ask for at the tenant's management API."""
    api = config.management_api()
    grant = None if api is None else config.grant(client_id, api.identifier)
    return () if grant is None else config.scopes_of(grant)
