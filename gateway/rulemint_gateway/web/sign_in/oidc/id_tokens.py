"""ID token → who signed in (OpenID Connect Core 1.0 §3.1.3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import jwt

from rulemint_gateway.web.sign_in.oidc.discovery import KeySet
from rulemint_shared.contract.oidc_providers import OidcProvider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures by public keys only: a secret that both sides know signs nothing here, and nothing is unsigned."""
LEEWAY_S = 60.0
MAX_ID_TOKEN = 64 * 1024
MAX_VALUES = 1_000
"""Of the claim that gives scopes."""
MAX_SUBJECT = 200
MAX_SUB = 255
"""OpenID Connect Core 1.0 §2."""
_EMAIL = "email"


class IdTokenError(Exception):
    """The ID token is none of this provider for this sign-in. The text is safe to show."""


class UnknownKeyError(IdTokenError):
    """The provider has no key of its name among those that are known: it may have a newer one."""


def verified_claims(token: str, keys: KeySet, provider: OidcProvider, *, nonce: str) -> dict[str, Any]:
    """The claims of *token*, which *provider* made for the sign-in of *nonce*.

    Raises:
        IdTokenError: it did not, or long ago.
    """
    if len(token) > MAX_ID_TOKEN:
        raise IdTokenError("the ID token is too long")
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise IdTokenError("the ID token is signed in a way that is not taken")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(header, keys, algorithm),
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.PyJWTError, KeyError, ValueError, TypeError) as error:
        raise IdTokenError(f"the ID token is not good: {type(error).__name__}") from None
    if claims.get("nonce") != nonce:
        raise IdTokenError("the ID token is of another sign-in")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise IdTokenError("the ID token is for another client")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= MAX_SUB or not claims["sub"].isprintable():
        raise IdTokenError("the ID token has no sub that can be shown")
    return claims


def values_of(claims: Mapping[str, Any], provider: OidcProvider) -> tuple[str, ...]:
    """The values of the provider's claim that give scopes. A claim of that very name comes before a path.

    An address of e-mail counts only if the provider says that it is verified: elsewhere, anybody may write any.
    """
    if provider.claim == _EMAIL and not _is_verified(claims):
        return ()
    found: Any = claims.get(provider.claim)
    if found is None:
        found = claims
        for name in provider.claim.split("."):
            found = found.get(name) if isinstance(found, dict) else None
    given = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    texts = (value for value in given[:MAX_VALUES] if isinstance(value, str))
    return tuple(dict.fromkeys(value for value in texts if value in provider.scopes))


def subject_of(claims: Mapping[str, Any], provider: OidcProvider) -> str:
    """The name to show. An address that the provider has not verified is none, nor is a text that moves a cursor."""
    shown = claims.get(provider.subject_claim)
    is_unverified = provider.subject_claim == _EMAIL and not _is_verified(claims)
    is_name = isinstance(shown, str) and shown != "" and shown.isprintable()
    return str(shown)[:MAX_SUBJECT] if is_name and not is_unverified else str(claims["sub"])


def _is_verified(claims: Mapping[str, Any]) -> bool:
    """True if the provider vouches for the address (OpenID Connect Core 1.0 §5.1); several say so by a text."""
    said = claims.get("email_verified")
    return said is True or said == "true"


def _key(header: Mapping[str, Any], keys: KeySet, algorithm: str) -> jwt.PyJWK:
    kid = header.get("kid")
    named: Sequence[dict[str, Any]] = [
        key for key in keys.keys if key.get("use", "sig") == "sig" and (kid is None or key.get("kid") == kid)
    ]
    if not named or (kid is None and len(named) > 1):
        raise UnknownKeyError("the provider has no such key")
    return jwt.PyJWK(named[0], algorithm=algorithm)
