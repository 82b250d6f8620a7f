"""A granted outcome → the token's claims (RFC 9068 §2.2). What we register always wins over what a rule returned."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from rulemint_shared.contract.messages import Granted
from rulemint_shared.contract.records import ResourceServer
from rulemint_shared.scopes import is_scope_token

REGISTERED = frozenset({"iss", "sub", "aud", "iat", "exp", "jti", "azp", "client_id", "gty", "scope"})
"""The names of the claims that every token has of its own."""
STALE_SINCE = "stale_since"
"""The claim of a token that is made of an earlier answer: when that was given, as ``iat`` has its time."""


class TokenClaims:
    """The payload that will be signed for *api*. Only a `Granted` makes it, and `Minter.mint` takes nothing else."""

    __slots__ = ("api", "expires_s", "jti", "payload", "scope")

    def __init__(
        self,
        granted: Granted,
        *,
        issuer: str,
        client_id: str,
        api: ResourceServer,
        grant_scope: Collection[str],
        gty: str,
        now_s: int,
        jti: str,
    ) -> None:
        """The claims of the token that *granted* allows.

        The runner has left out reserved names and malformed scopes already; one that did not cannot harm us here.

        Args:
            granted: The yes of the rules, or of a flow without any.
            issuer: The ``iss``.
            client_id: Who gets the token.
            api: What it is for.
            grant_scope: The scopes of the client grant. An API may allow no others.
            gty: How the grant type is called in a token.
            now_s: Seconds since the epoch.
            jti: The token's name: the id of its exchange, by which its record is found without an index.
        """
        self.api = api
        self.jti = jti
        self.expires_s = now_s + api.token_lifetime_s
        self.scope = [
            scope
            for scope in dict.fromkeys(granted.scope)
            if is_scope_token(scope) and (scope in grant_scope or not api.enforce_grant_scopes)
        ]
        registered: dict[str, Any] = {
            "iss": issuer,
            "sub": f"{client_id}@clients",
            "aud": api.identifier,
            "iat": now_s,
            "exp": self.expires_s,
            "jti": self.jti,
            "azp": client_id,
            "client_id": client_id,
            "gty": gty,
        }
        if self.scope:
            registered["scope"] = " ".join(self.scope)
        allowed = {name: value for name, value in granted.claims.items() if name not in registered and name != "scope"}
        self.payload = {**registered, **allowed}

    def say_stale(self, since_s: int) -> None:
        """Say that the yes was the answer to an earlier request, at *since_s*. It wins over a returned claim."""
        self.payload[STALE_SINCE] = since_s
