"""The query string as a typed struct."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.wrong_values import WrongValue, in_words

Q = TypeVar("Q", bound=msgspec.Struct)

_LAST_MS = 253_402_300_799_999
"""The end of the year 9999, in ms since the epoch. A stream's ids reach further, but no moment that is meant does."""


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
        raise wrong_query(error, given, wanted) from None
    for field in msgspec.structs.fields(wanted):
        if field.encode_name in given and getattr(query, field.name) is None:  # msgspec reads "null" so
            message = f"Query validation error: {field.encode_name} is not null: leave it out"
            raise InvalidBodyError(message, field=field.encode_name, code="invalid_query_string")
    return query


def wrong_query(error: msgspec.ValidationError, given: Mapping[str, str], wanted: type[Any]) -> InvalidBodyError:
    """The refusal of the parameters *given*, of which msgspec finds one wrong; *wanted* is their type."""
    wrong = WrongValue.of(error)
    field = wrong.unknown or wrong.missing or wrong.field
    named = f"{field}: " if field and not wrong.missing else ""
    reason = in_words(wrong, kind=wanted, value=given).replace("no such field", "no such parameter")
    return InvalidBodyError(
        f"Query validation error: {named}{reason}", field=field or None, code="invalid_query_string"
    )


def unix_ms_of(text: str, *, name: str) -> int:
    """The moment that the parameter *name* gives as RFC 3339 or as ms since the epoch, in ms since the epoch.

    Raises:
        InvalidBodyError: *text* is neither.
    """
    if text.isascii() and text.isdigit() and int(text) <= _LAST_MS:
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidBodyError(
            f"{name}: {text!r} is neither a time such as 2026-11-25T08:00:00Z nor ms since the epoch",
            field=name,
            code="invalid_query_string",
        )
    return int(moment.timestamp() * 1000)
