"""Checks what a client may ask for: its client grant for the API (RFC 6749 §3.3, RFC 8707 §2)."""

from __future__ import annotations

import msgspec

from rulemint_gateway.oauth.client_authentication import AuthenticatedClient
from rulemint_gateway.oauth.errors import InvalidTarget, NoClientGrant, ScopeNotGranted, UnauthorizedClient
from rulemint_gateway.oauth.grant_types import GrantType
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.catalog.tenant_config import TenantConfig
from rulemint_shared.contract.records import Client, ClientGrant, ResourceServer


class CheckedGrant(msgspec.Struct, frozen=True):
    """The client may have a token for the API; *scope* is what it is about to get."""

    api: ResourceServer
    grant: ClientGrant
    scope: list[str]


def check_grant(
    config: TenantConfig, client: AuthenticatedClient, request: TokenRequest, grant_type: GrantType
) -> CheckedGrant:
    """The grant under which *client* asks by *grant_type*; without a scope parameter it gets all scopes of the grant.

    Raises:
        UnauthorizedClient: the client may not ask for tokens at all.
        InvalidTarget: there is no such API, or no grant for it; by RFC 6749's style a client cannot tell which.
        ScopeNotGranted: a scope is asked for that the grant does not hold.
    """
    check_grant_type(client.record, grant_type)
    api = config.api(request.audience)
    grant = config.grant(client.record.client_id, request.audience)
    if api is None or grant is None or api.denies_clients:
        refusal = InvalidTarget if api is None else NoClientGrant
        raise refusal(
            f"this client may not ask for the audience {request.audience}: "
            "check its spelling, or create a client grant",
            audience=request.audience,
        )
    if grant.allow_all_scopes:
        grant = msgspec.structs.replace(grant, scope=config.scopes_of(grant))
    missing = [scope for scope in request.scope if scope not in grant.scope]
    if missing:
        raise ScopeNotGranted(f"the client grant does not hold: {' '.join(missing)}", scopes=", ".join(missing))
    return CheckedGrant(api, grant, request.scope or list(grant.scope))


def check_grant_type(client: Client, grant_type: GrantType) -> None:
    """Refuse a client that was registered for other ways to get a token only (RFC 6749 §5.2).

    Raises:
        UnauthorizedClient: it was.
    """
    if client.grant_types is not None and grant_type.name not in client.grant_types:
        raise UnauthorizedClient(
            f"this client may not use the grant type {grant_type.name}: add it to the client's grant_types"
        )
    if client.token_endpoint_auth_method == "none":  # noqa: S105  # a word of RFC 7591, no secret
        raise UnauthorizedClient(
            "this client's token_endpoint_auth_method is none: set client_secret_post or client_secret_basic"
        )
