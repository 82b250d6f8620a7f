"""The query string as a typed struct."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from aiohttp import web

from rulemint_gateway.management.errors import InvalidBodyError

Q = TypeVar("Q", bound=msgspec.Struct)


def query_of(request: web.Request, wanted: type[Q]) -> Q:
    """The query string as *wanted*.

    Raises:
        InvalidBodyError: a parameter is malformed or unknown.
    """
    try:
        return msgspec.convert(dict(request.query), wanted, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidBodyError(f"Query validation error: {error}", code="invalid_query_string") from None
