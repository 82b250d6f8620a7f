"""``/api/v2``: each noun's paths, the scope each call needs, and the use case behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

import msgspec
import structlog
from aiohttp import web

from rulemint_gateway.management.nouns.answers import shown_field
from rulemint_gateway.management.nouns.etags import Shown, answer_of
from rulemint_gateway.management.nouns.listings import Listing
from rulemint_gateway.web.callers.bearer import AuthorizedCaller
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation, Pages
from rulemint_gateway.web.http.paging import (
    FieldsQuery,
    ListQuery,
    fields_query,
    flags_among,
    list_query,
    page_of,
    wanted_of,
)
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

A = TypeVar("A", bound=msgspec.Struct)

log = structlog.get_logger(__name__)


class Collection(Protocol[A]):
    """The use cases, as HTTP sees them, of a noun whose records can be made and listed."""

    create_body: type[Any]
    answer: type[A]

    async def create(self, tenant: str, body: Any) -> Shown[A]:
        """A new record as its answer."""
        ...

    async def list(self, tenant: str) -> Listing[A]:
        """All records."""
        ...


class Records(Collection[A], Protocol[A]):
    """The use cases of a noun whose records can also be read and changed."""

    patch_body: type[Any]

    async def read(self, tenant: str, record_id: str, /) -> Shown[A]:
        """One record."""
        ...

    async def patch(self, tenant: str, record_id: str, /, body: Any) -> Shown[A]:
        """The changed record."""
        ...


class Noun(Records[A], Protocol[A]):
    """The use cases of a noun whose records can also be deleted."""

    async def delete(self, tenant: str, record_id: str, /) -> None:
        """Nothing, also when there was nothing."""
        ...


class CollectionHandlers(Generic[A]):
    """Two calls of one noun: create and list."""

    def __init__(
        self,
        noun: Collection[A],
        *,
        name: str,
        filters: Mapping[str, str] | None = None,
        id_field: str = "id",
    ) -> None:
        """Make the handlers of a noun.

        Args:
            noun: The use cases.
            name: As scopes and lists spell it: ``resource_servers``.
            filters: Query parameters of the list → the fields of a record that they are compared with.
            id_field: The field of a record that its path has.
        """
        self._collection = noun
        self._name = name
        self._path = f"/api/v2/{name.replace('_', '-')}"
        self._tag = name.replace("_", " ").capitalize()
        self._singular = name.replace("_", " ").removesuffix("s")
        self._filters = filters or {}
        self._id_field = id_field

    def operations(self) -> list[Operation]:
        """The calls of the noun."""
        return [
            Operation(
                method="POST",
                path=self._path,
                handle=self.create,
                tag=self._tag,
                summary=f"Create a {self._singular}",
                scopes=(f"create:{self._name}",),
                body=self._collection.create_body,
                answer=self._collection.answer,
                status=201,
                etag=True,
                idempotent=True,
                refusals=(404, 409),
            ),
            Operation(
                method="GET",
                path=self._path,
                handle=self.list,
                tag=self._tag,
                summary=f"List {self._singular}s",
                scopes=(f"read:{self._name}",),
                query=ListQuery,
                filters=self._filters,
                flags=flags_among(tuple(self._filters.items()), self._collection.answer),
                answer=Pages(item=self._collection.answer, key=self._name),
            ),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 and the record; with an Idempotency-Key, what the first request with it got."""
        caller = caller_of(request)
        body = await read_json(request, self._collection.create_body)

        async def make() -> web.Response:
            made = await self._collection.create(caller.tenant, body)
            answer = answer_of(made)
            self._log_change("created", caller, shown_field(answer, self._id_field))
            return json_answer(answer, status=201, headers={**NO_STORE, **etag_header(made)})

        return await once(request, body, make)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """200 and a page of records."""
        caller = caller_of(request)
        query = list_query(request, filters=self._filters)
        wanted = wanted_of(request, self._filters, self._collection.answer)
        listing = (await self._collection.list(caller.tenant)).matching(wanted)
        return json_answer(page_of(listing, query, key=self._name, id_field=self._id_field), headers=NO_STORE)

    def _log_change(self, what: str, caller: AuthorizedCaller, record_id: object) -> None:
        log.info("record changed", noun=self._name, what=what, tenant=caller.tenant, by=caller.client_id, id=record_id)


class RecordHandlers(CollectionHandlers[A]):
    """Four calls of one noun: create, list, read and patch."""

    def __init__(
        self,
        noun: Records[A],
        *,
        name: str,
        filters: Mapping[str, str] | None = None,
        id_field: str = "id",
    ) -> None:
        super().__init__(noun, name=name, filters=filters, id_field=id_field)
        self._records = noun

    def operations(self) -> list[Operation]:
        """The calls of the noun."""
        path = f"{self._path}/{{id}}"
        return [
            *super().operations(),
            Operation(
                method="GET",
                path=path,
                handle=self.read,
                tag=self._tag,
                summary=f"Read a {self._singular}",
                scopes=(f"read:{self._name}",),
                query=FieldsQuery,
                answer=self._records.answer,
                etag=True,
            ),
            Operation(
                method="PATCH",
                path=path,
                handle=self.patch,
                tag=self._tag,
                summary=f"Change a {self._singular}",
                scopes=(f"update:{self._name}",),
                body=self._records.patch_body,
                answer=self._records.answer,
                etag=True,
                if_match=True,
                refusals=(409,),
            ),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the record, or the fields of it that are asked for; the ETag is that of all of it."""
        caller = caller_of(request)
        query = fields_query(request)
        record = await self._records.read(caller.tenant, request.match_info["id"])
        return json_answer(query.project(answer_of(record)), headers={**NO_STORE, **etag_header(record)})

    async def patch(self, request: web.Request) -> web.Response:
        """200 and the changed record; 412 if it is not what If-Match says."""
        caller, record_id = caller_of(request), request.match_info["id"]
        body = await read_json(request, self._records.patch_body)
        self._check_patch(request, body)
        require_match(request, lambda: self._records.read(caller.tenant, record_id))
        patched = await self._records.patch(caller.tenant, record_id, body)
        self._log_change("changed", caller, record_id)
        return json_answer(answer_of(patched), headers={**NO_STORE, **etag_header(patched)})

    def _check_patch(self, request: web.Request, body: Any) -> None:
        """The scopes that a noun asks of a caller besides ``update``."""


class NounHandlers(RecordHandlers[A]):
    """The five calls of one noun, such as ``clients``."""

    def __init__(
        self,
        noun: Noun[A],
        *,
        name: str,
        filters: Mapping[str, str] | None = None,
        id_field: str = "id",
    ) -> None:
        super().__init__(noun, name=name, filters=filters, id_field=id_field)
        self._noun = noun

    def operations(self) -> list[Operation]:
        """The calls of the noun."""
        return [
            *super().operations(),
            Operation(
                method="DELETE",
                path=f"{self._path}/{{id}}",
                handle=self.delete,
                tag=self._tag,
                summary=f"Delete a {self._singular}",
                scopes=(f"delete:{self._name}",),
                status=204,
                if_match=True,
            ),
        ]

    async def delete(self, request: web.Request) -> web.Response:
        """204, also when there was nothing to delete; 412 if it is not what If-Match says."""
        caller, record_id = caller_of(request), request.match_info["id"]
        require_match(request, lambda: self._noun.read(caller.tenant, record_id))
        await self._noun.delete(caller.tenant, record_id)
        self._log_change("deleted", caller, record_id)
        return web.Response(status=204)
