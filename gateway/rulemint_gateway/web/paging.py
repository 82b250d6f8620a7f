"""The list parameters of the management API: ``page``, ``per_page``, ``include_totals``."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError


class ListQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list is asked for. A page after the last is empty."""

    page: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    per_page: Annotated[int, Meta(ge=1, le=100)] = 50
    include_totals: bool = False


def list_query(request: web.Request) -> ListQuery:
    """The list parameters of *request*.

    Raises:
        InvalidBodyError: one is malformed or unknown.
    """
    try:
        return msgspec.convert(dict(request.query), ListQuery, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidBodyError(f"Query validation error: {error}", code="invalid_query_string") from None


def page_of(items: list[dict[str, Any]], query: ListQuery, *, key: str) -> object:
    """The page as a bare list, or with totals as ``{start, limit, total, <key>: […]}``."""
    start = query.page * query.per_page
    page = items[start : start + query.per_page]
    if not query.include_totals:
        return page
    return {"start": start, "limit": query.per_page, "total": len(items), key: page}
