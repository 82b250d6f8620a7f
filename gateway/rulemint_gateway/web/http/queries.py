"""The query string as a typed struct."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import msgspec
from aiohttp import web

from rulemint_gateway.management.errors import InvalidBodyError

Q = TypeVar("Q", bound=msgspec.Struct)


def query_of(request: web.Request, wanted: type[Q], *, but: Collection[str] | None = None) -> Q:
    """The query string as *wanted*, a struct of bounded parameters, leaving out those that *but* names.

    Raises:
        InvalidBodyError: a parameter is malformed, repeated or unknown.
    """
    given = {name: value for name, value in request.query.items() if name not in (but or ())}
    for name in given:
        if len(request.query.getall(name)) > 1:
            message = f"Query validation error: {name} is repeated"
            raise InvalidBodyError(message, field=name, code="invalid_query_string")
    try:
        query = msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidBodyError(f"Query validation error: {error}", code="invalid_query_string") from None
    for field in msgspec.structs.fields(wanted):
        if field.encode_name in given and getattr(query, field.name) is None:  # msgspec reads "null" so
            message = f"Query validation error: {field.encode_name} is not null: leave it out"
            raise InvalidBodyError(message, field=field.encode_name, code="invalid_query_string")
    return query
