"""Checking the tokens that come back to us: a bearer token for the management API or the logs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import jwt
import msgspec

from rulemint_gateway.stores.catalog.tenant_config import TenantConfig


class TokenRefusedError(Exception):
    """The token is malformed, expired, not ours, or not for this audience. The text is safe to show."""

    def __init__(self, message: str, *, forged: bool = False) -> None:
        super().__init__(message)
        self.forged = forged
        """It never was one of ours, as far as one can tell."""


class VerifiedToken(msgspec.Struct, frozen=True):
    """The claims of a token whose signature, issuer, audience and times were checked."""

    sub: str
    client_id: str
    exp: float
    """Unix time in s (RFC 7519 §4.1.4)."""
    scope: Annotated[str, msgspec.Meta(max_length=100_000)] = ""


def verify_access_token(
    token: str, config: TenantConfig, *, audience: str, issuers: Sequence[str], leeway_s: float
) -> VerifiedToken:
    """The claims of *token* if this tenant issued it for *audience*, as one of its *issuers* (RFC 9068 §4).

    The clock of the gateway that issued it may differ from ours by *leeway_s*. One that seems to be from the future
    is taken: our own signature says that it is not.

    Raises:
        TokenRefusedError: it did not.
    """
    try:
        key = config.signing_keys[jwt.get_unverified_header(token)["kid"]]
        if key.revoked_at_ms is not None:
            raise TokenRefusedError("the key of this token was revoked: ask for a new one")
        claims = jwt.decode(
            token,
            jwt.PyJWK(key.public_jwk, algorithm=str(key.algorithm)),
            algorithms=[str(key.algorithm)],
            audience=audience,
            issuer=issuers,
            leeway=leeway_s,
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_iat": False},
        )
        return msgspec.convert(claims, VerifiedToken)
    except jwt.ExpiredSignatureError:
        raise TokenRefusedError("the token has expired: ask for a new one") from None
    except jwt.InvalidAudienceError:
        raise TokenRefusedError(f"the token is for another audience than {audience}") from None
    except (jwt.PyJWTError, KeyError, TypeError, msgspec.ValidationError):
        raise TokenRefusedError("the token is not one of this tenant's access tokens", forged=True) from None
