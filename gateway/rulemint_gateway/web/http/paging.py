"""The list parameters of the management API: pages, checkpoints, filters, and which fields of a record are shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Annotated, TypeVar

import msgspec
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.nouns.answers import shown_field
from rulemint_gateway.management.nouns.listings import Listing
from rulemint_gateway.stores.catalog.record_order import Wanted
from rulemint_gateway.web.http.queries import query_of

A = TypeVar("A", bound=msgspec.Struct)

MAX_PER_PAGE = 100
FieldNames = Annotated[str, Meta(max_length=2_000)]


class FieldsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields of a record that are asked for: those named, or all but those named."""

    fields: FieldNames = ""
    include_fields: bool = True

    def project(self, answer: msgspec.Struct, *, unless_named: Collection[str] = ()) -> object:
        """*answer* with the fields that are asked for, and without those of *unless_named* that are not named."""
        named = {name.strip() for name in self.fields.split(",")} if self.fields else set()
        left_out = [name for name in unless_named if not (self.include_fields and name in named)]
        if not named and not left_out:
            return answer
        fields: dict[str, object] = msgspec.to_builtins(answer)
        for name in left_out:
            fields.pop(name, None)
        if not named:
            return fields
        return {name: value for name, value in fields.items() if (name in named) == self.include_fields}


class ListQuery(FieldsQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of a list that is asked for. A page after the last is empty."""

    page: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    per_page: Annotated[int, Meta(ge=1, le=MAX_PER_PAGE)] = 50
    include_totals: bool = False
    take: Annotated[int, Meta(ge=1, le=MAX_PER_PAGE)] | None = None
    from_: Annotated[str, Meta(min_length=1, max_length=1_000)] | None = msgspec.field(name="from", default=None)
    """The place where a checkpoint goes on: the ``next`` of the answer before."""

    @property
    def is_checkpoint(self) -> bool:
        """True if the list is asked for by checkpoints instead of pages."""
        return self.take is not None or self.from_ is not None


def fields_query(request: web.Request) -> FieldsQuery:
    """The parameters of *request* for one record.

    Raises:
        InvalidBodyError: one is malformed or unknown.
    """
    return query_of(request, FieldsQuery)


def list_query(request: web.Request, *, filters: Mapping[str, str] | None = None) -> ListQuery:
    """The list parameters of *request* besides those that *filters* names.

    Raises:
        InvalidBodyError: one is malformed, repeated or unknown.
    """
    return query_of(request, ListQuery, but=filters)


def wanted_of(request: web.Request, filters: Mapping[str, str], answer: type[msgspec.Struct]) -> Wanted:
    """The fields that the query asks for, each with its values; *filters* says which field of *answer* each means.

    A parameter that comes several times takes any of its values. A text that no record has now is no error: tools of
    Auth0 ask for kinds of clients and triggers that are not here.

    Raises:
        InvalidBodyError: a yes or no is neither.
    """
    for parameter in flags_among(tuple(filters.items()), answer):
        for value in request.query.getall(parameter, []):
            if value not in {"true", "false"}:
                message = f"Query validation error: {parameter}: {value[:60]!r} is not one of true, false"
                raise InvalidBodyError(message, field=parameter, code="invalid_query_string")
    asked = {field: request.query.getall(parameter, []) for parameter, field in filters.items()}
    return {field: frozenset(values) for field, values in asked.items() if values}


@cache
def flags_among(filters: Collection[tuple[str, str]], answer: type[msgspec.Struct]) -> frozenset[str]:
    """The parameters of *filters* whose field of *answer* is a yes or no."""
    flags = {field.encode_name for field in msgspec.structs.fields(answer) if field.type is bool}
    return frozenset(parameter for parameter, field in filters if field in flags)


def page_of(listing: Listing[A], query: ListQuery, *, key: str, id_field: str = "id") -> object:
    """The page as a bare list, or with totals as ``{start, limit, total, <key>: […]}``.

    By checkpoints it is ``{<key>: […], next}``, without ``next`` on the last one.

    Raises:
        InvalidBodyError: the record at which a checkpoint would go on is gone.
    """
    if query.is_checkpoint:
        return _checkpoint(listing, query, key=key, id_field=id_field)
    start = query.page * query.per_page
    page = [query.project(view) for view in listing.views(start, query.per_page)]
    if not query.include_totals:
        return page
    return {"start": start, "limit": query.per_page, "total": len(listing), key: page}


def _checkpoint(listing: Listing[A], query: ListQuery, *, key: str, id_field: str) -> dict[str, object]:
    count = query.take or 50
    views = listing.views(first_of_checkpoint(listing.place_of, query), count + 1)
    answer: dict[str, object] = {key: [query.project(view) for view in views[:count]]}
    if len(views) > count:
        answer["next"] = shown_field(views[count], id_field)
    return answer


def first_of_checkpoint(place_of: Callable[[str], int | None], query: ListQuery) -> int:
    """The place where the checkpoint of *query* begins; *place_of* knows where a record is.

    It names the record that comes next, so that what was read already may be deleted in the meantime.

    Raises:
        InvalidBodyError: the record at which it would go on is gone.
    """
    if query.from_ is None:
        return 0
    place = place_of(query.from_)
    if place is None:
        message = "Query validation error: the record that from names is gone: begin the list again"
        raise InvalidBodyError(message, field="from", code="invalid_query_string")
    return place
