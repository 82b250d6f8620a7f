"""Webtask tokens: unsigned JWTs in which `wt` reads a webtask's name. A webtask token permits nothing."""

from __future__ import annotations

from typing import Annotated

import jwt
import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError

MAX_TOKEN_CHARACTERS = 4_096


class NamedWebtask(msgspec.Struct, frozen=True, kw_only=True):
    """The payload of a webtask token."""

    ten: Annotated[str, Meta(max_length=100)]
    jtn: Annotated[str, Meta(max_length=100)]


def webtask_token(container: str, name: str) -> str:
    """The token of a webtask. It has no ``typ``, by which `wt` would take it for another kind."""
    return jwt.encode({"ten": container, "jtn": name}, "", algorithm="none", headers={"typ": None})


def read_webtask_token(token: str) -> NamedWebtask:
    """The webtask that *token* names.

    Raises:
        InvalidBodyError: it is none.
    """
    try:
        if len(token) <= MAX_TOKEN_CHARACTERS:
            return msgspec.convert(jwt.decode(token, options={"verify_signature": False}), NamedWebtask)
    except (jwt.PyJWTError, msgspec.ValidationError):
        pass
    raise InvalidBodyError("This is not the token of a webtask: give the name of one", field="token")
