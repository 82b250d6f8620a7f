"""What a client may ask for: its client grant for the API (RFC 6749 §3.3, RFC 8707 §2)."""

from __future__ import annotations

import msgspec

from rulemint_gateway.oauth.client_authentication import AuthenticatedClient
from rulemint_gateway.oauth.errors import InvalidTarget, NoClientGrant, ScopeNotGranted, UnauthorizedClient
from rulemint_gateway.oauth.token_request import TokenRequest
from rulemint_gateway.stores.tenant_config import TenantConfig
from rulemint_shared.records import CLIENT_CREDENTIALS, ClientGrant, ResourceServer


class CheckedGrant(msgspec.Struct, frozen=True):
    """The client may have a token for the API; *scope* is what it is about to get."""

    api: ResourceServer
    grant: ClientGrant
    scope: list[str]


def check_grant(config: TenantConfig, client: AuthenticatedClient, request: TokenRequest) -> CheckedGrant:
    """The grant under which *client* asks; without a scope parameter it gets all scopes of the grant.

    Raises:
        UnauthorizedClient: the client may not use client credentials at all.
        InvalidTarget: there is no such API, or no grant for it; by RFC 6749's style a client cannot tell which.
        ScopeNotGranted: a scope is asked for that the grant does not hold.
    """
    if CLIENT_CREDENTIALS not in client.record.grant_types:
        raise UnauthorizedClient(f"this client's grant_types do not have {CLIENT_CREDENTIALS}")
    api = config.api(request.audience)
    grant = config.grant(client.record.client_id, request.audience)
    if api is None or grant is None:
        refusal = InvalidTarget if api is None else NoClientGrant
        raise refusal(
            f"this client may not ask for the audience {request.audience}: "
            "check its spelling, or create a client grant",
            audience=request.audience,
        )
    missing = [scope for scope in request.scope if scope not in grant.scope]
    if missing:
        raise ScopeNotGranted(f"the client grant does not hold: {' '.join(missing)}", scopes=", ".join(missing))
    return CheckedGrant(api, grant, request.scope or list(grant.scope))
