"""A granted outcome → the token's claims (RFC 9068 §2.2). What we register always wins over what a rule returned."""

from __future__ import annotations

from typing import Any

import msgspec

from rulemint_gateway.oauth.client_grants import CheckedGrant
from rulemint_gateway.oauth.token_request import is_scope_token
from rulemint_shared import ids
from rulemint_shared.contract.messages import Granted
from rulemint_shared.contract.records import ResourceServer

GRANT_TYPE_CLAIM = "client-credentials"


class TokenClaims(msgspec.Struct, frozen=True):
    """What will be signed."""

    payload: dict[str, Any]
    scope: list[str]
    jti: str
    lifetime_s: int


def token_claims(*, issuer: str, client_id: str, checked: CheckedGrant, granted: Granted, now_s: int) -> TokenClaims:
    """The claims of the token that *granted* allows, *now_s* in seconds since the epoch.

    The runner has left out reserved names and malformed scopes already; a runner that did not cannot harm us here.
    """
    api = checked.api
    scope = _final_scope(api, checked, granted)
    jti = ids.new_jti()
    registered: dict[str, Any] = {
        "iss": issuer,
        "sub": f"{client_id}@clients",
        "aud": api.identifier,
        "iat": now_s,
        "exp": now_s + api.token_lifetime_s,
        "jti": jti,
        "azp": client_id,
        "client_id": client_id,
        "gty": GRANT_TYPE_CLAIM,
    }
    if scope:
        registered["scope"] = " ".join(scope)
    allowed = {name: value for name, value in granted.claims.items() if name not in registered and name != "scope"}
    return TokenClaims({**registered, **allowed}, scope, jti, api.token_lifetime_s)


def _final_scope(api: ResourceServer, checked: CheckedGrant, granted: Granted) -> list[str]:
    scopes = [scope for scope in dict.fromkeys(granted.scope) if is_scope_token(scope)]
    if api.enforce_grant_scopes:
        scopes = [scope for scope in scopes if scope in checked.grant.scope]
    return scopes
