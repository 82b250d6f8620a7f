"""The parameters of a token request: required, well formed, told from the rest (RFC 6749 §4.4.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

import msgspec

from rulemint_gateway.oauth.errors import (
    InvalidClient,
    InvalidRequest,
    InvalidScope,
    MissingAudience,
    MissingClientId,
    MissingGrantType,
    OAuthError,
    SeveralTargets,
    UnsupportedGrantType,
)
from rulemint_gateway.oauth.grant_types import (
    CLIENT_CREDENTIALS_GRANT,
    GRANT_TYPES,
    TEXT_PARAMETERS,
    without_credentials,
)
from rulemint_gateway.oauth.parameters import Parameters, parameters_of
from rulemint_gateway.oauth.presented_secrets import hidden, presented
from rulemint_shared.scopes import MAX_SCOPES, is_scope_token

_GRANT_TYPES = " or ".join(GRANT_TYPES)
_MAX_SPACES = 2 * MAX_SCOPES
"""Before a scope is split: some clients write more than one between two."""


class Credentials(msgspec.Struct, frozen=True):
    """A client id and a secret as they came, not yet checked."""

    client_id: str
    client_secret: str


class TokenRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A well-formed token request; nothing in it is proven."""

    credentials: list[Credentials]
    """The readings of what the client sent: HTTP Basic has two, raw and percent-decoded."""
    audience: str
    scope: list[str]
    """The scopes asked for, each once; empty if none were."""
    as_sent: Parameters
    """All parameters that say something, credentials too; not to be looked at before the client is known.

    The secret of the credentials is hidden in each of them.
    """
    presented: tuple[str, ...] = ()
    """Each reading of the secret that the client showed; what else it sent is kept without it."""

    @property
    def parameters(self) -> dict[str, Any]:
        """As rules see them, made anew each time."""
        return without_credentials(self.as_sent.decoded())


def parse_token_request(
    parameters: Mapping[str, Any], authorization: str | None, *, default_audience: str = ""
) -> TokenRequest:
    """The token request in *parameters* and the Authorization header. A JSON null counts as absent.

    One that names no API asks for *default_audience*, if there is one.

    Raises:
        OAuthError: `InvalidRequest`, `UnsupportedGrantType`, `InvalidClient` or `InvalidScope`, naming the parameter.
    """
    given = parameters_of(parameters)
    texts = _texts(given.early)
    grant_type = texts["grant_type"]
    if grant_type is None:
        raise MissingGrantType(f"grant_type is missing: send grant_type={_GRANT_TYPES}")
    if grant_type != CLIENT_CREDENTIALS_GRANT.name:  # another one makes a request of its own type
        raise UnsupportedGrantType(f"grant_type must be {_GRANT_TYPES}", grant_type=grant_type)
    credentials = _credentials(texts["client_id"], texts["client_secret"], authorization)
    said, shown = given.that_say_something(), presented(each.client_secret for each in credentials)
    return TokenRequest(
        credentials=credentials,
        audience=_audience(texts["audience"], texts["resource"], default_audience),
        scope=split_scope(texts["scope"] or ""),
        as_sent=Parameters({}, lambda: hidden(said.decoded(), shown)),
        presented=shown,
    )


def split_scope(text: str) -> list[str]:
    """The scope-tokens of *text*, each once, in order (RFC 6749 §3.3).

    Raises:
        InvalidScope: one has a character that no scope-token may have, or there are too many.
    """
    if not text:
        return []
    scopes = [] if text.count(" ") > _MAX_SPACES else [scope for scope in dict.fromkeys(text.split(" ")) if scope]
    if len(scopes) > MAX_SCOPES or (not scopes and text.strip(" ")):
        raise InvalidScope(f"scope may hold {MAX_SCOPES} scopes at most")
    if not all(is_scope_token(scope) for scope in scopes):
        raise InvalidScope("scope must be printable ASCII words with single spaces between them, without quotes")
    return scopes


def repeated(name: str) -> OAuthError:
    """The refusal of a parameter that came twice: only ``resource`` may, and a token is for one (RFC 8707 §2)."""
    if name == "resource":
        return SeveralTargets("resource names several APIs: ask for a token for each of them")
    return InvalidRequest(f"{name} is repeated: send it once")


def _texts(early: Mapping[str, Any]) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    for name in TEXT_PARAMETERS:
        value = early.get(name)
        if value is not None and not isinstance(value, str):
            is_repeated = name == "resource" and isinstance(value, list)
            raise repeated(name) if is_repeated else InvalidRequest(f"{name} must be a string")
        texts[name] = value or None
    return texts


def _audience(audience: str | None, resource: str | None, default: str) -> str:
    """The API asked for: ``audience``, or RFC 8707's ``resource``."""
    if audience and resource and audience != resource:
        raise InvalidRequest("audience and resource name different APIs: send one of them")
    chosen = audience or resource or default
    if not chosen:
        raise MissingAudience("audience is missing: send the identifier of the API that the token is for")
    return chosen


def _credentials(client_id: str | None, client_secret: str | None, authorization: str | None) -> list[Credentials]:
    """client_secret_basic or client_secret_post, never both (RFC 6749 §2.3)."""
    if authorization is not None:
        readings = basic_credentials(authorization)
        if client_secret is not None:
            raise InvalidRequest("client_secret came in the body and as HTTP Basic: send it once")
        if client_id is not None and all(client_id != reading.client_id for reading in readings):
            raise InvalidRequest("client_id in the body differs from the one in the Authorization header")
        return readings
    if client_id is None:
        raise MissingClientId("client_id is missing: send client_id and client_secret in the body or as HTTP Basic")
    if client_secret is None:
        raise InvalidClient("client_secret is missing: send it in the body, or with client_id as HTTP Basic")
    return [Credentials(client_id, client_secret)]


def basic_credentials(authorization: str) -> list[Credentials]:
    """Both readings of HTTP Basic credentials: many clients leave out the encoding of RFC 6749 appendix B."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidClient("the Authorization header must be HTTP Basic: Basic base64(client_id:client_secret)")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise InvalidClient("the Authorization header is not base64 of client_id:client_secret") from None
    if not colon or not client_id:
        raise InvalidClient("the Authorization header is not base64 of client_id:client_secret")
    raw = Credentials(client_id, secret)
    decoded = Credentials(unquote_plus(client_id), unquote_plus(secret))
    return [raw] if raw == decoded else [raw, decoded]
