"""``/api/v2/logs``: what happened in the tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from aiohttp import web

from rulemint_gateway.log_hub.filters import LogFilter
from rulemint_gateway.management.logs.logs import Logs
from rulemint_gateway.management.logs.views import LogEntryAnswer
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation, Pages
from rulemint_gateway.web.http.paging import FieldsQuery, ListQuery, fields_query
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of
from rulemint_gateway.web.management.long_lists import Frame, answer_in_pieces


class LogQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The parameters of the log's list: of a page, newest first unless sorted; or of a checkpoint, oldest first."""

    sort: Literal["date:-1", "date:1"] = "date:-1"


_PARTS = {field.encode_name for field in msgspec.structs.fields(LogQuery)}
_FILTERS = {field.encode_name for field in msgspec.structs.fields(LogFilter)}
_EVERYTHING = LogFilter()
_QUERY = msgspec.defstruct(
    "InvocationQuery",
    [(field.encode_name, field.type, field.default) for field in msgspec.structs.fields(LogFilter)],
    bases=(LogQuery,),
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
)
"""The fields of both for the document: a struct inherits from one only."""


class TenantLogHandlers:
    """The calls of the tenant log."""

    def __init__(self, logs: Logs) -> None:
        self._logs = logs

    def operations(self) -> list[Operation]:
        """The calls about the log."""
        return [
            Operation(
                method="GET",
                path="/api/v2/logs",
                handle=self.list,
                tag="Logs",
                summary="List what happened in the tenant",
                scopes=("read:logs",),
                query=_QUERY,
                answer=Pages(item=LogEntryAnswer, key="logs", length=True, checkpoints=False),
                headers=("Link",),
            ),
            Operation(
                method="GET",
                path="/api/v2/logs/{id}",
                handle=self.read,
                tag="Logs",
                summary="Read an entry of the log",
                scopes=("read:logs",),
                query=FieldsQuery,
                answer=LogEntryAnswer,
            ),
        ]

    async def list(self, request: web.Request) -> web.StreamResponse:
        """200 and a part of the log; with the filters of `GET /logs`, only the invocations that they show.

        With filters, a page is one of those among the last 1,000 token requests, and a checkpoint looks through 1,000
        of them. Its `Link` says where to go on (rel="next"), and there is none at the end.
        """
        caller = caller_of(request)
        query = query_of(request, LogQuery, but=_FILTERS)
        log_filter = query_of(request, LogFilter, but=_PARTS)
        if query.is_checkpoint:
            return await self._checkpoint(request, caller.tenant, query, log_filter)
        start = query.page * query.per_page
        newest_first = query.sort == "date:-1"
        if log_filter == _EVERYTHING:
            views = self._logs.views(caller.tenant, start=start, count=query.per_page, newest_first=newest_first)
            if not query.include_totals:
                return await answer_in_pieces(request, Frame(b"["), _projected(views, query))
            counts = {"start": start, "limit": query.per_page, "total": await self._logs.total(caller.tenant)}
            frame = Frame.named("logs", **counts)
            return await answer_in_pieces(request, frame, _projected(views, query), ending=_with_length)
        found, total = await self._logs.invocations(
            caller.tenant, log_filter, start=start, count=query.per_page, newest_first=newest_first
        )
        entries = [query.project(entry) for entry in found]
        if not query.include_totals:
            return json_answer(entries, headers=NO_STORE)
        totals = {"start": start, "limit": query.per_page, "length": len(entries), "total": total}
        return json_answer({**totals, "logs": entries}, headers=NO_STORE)

    async def _checkpoint(
        self, request: web.Request, tenant: str, query: LogQuery, log_filter: LogFilter
    ) -> web.StreamResponse:
        count = query.take or 50
        headers = dict(NO_STORE)
        if log_filter == _EVERYTHING:
            views = self._logs.views_after(tenant, query.from_, count=count)
            return await answer_in_pieces(request, Frame(b"["), _projected(views, query))
        entries, following = await self._logs.invocations_after(tenant, log_filter, query.from_, count=count)
        if following is not None:
            headers["Link"] = f'<{request.rel_url.update_query({"from": following})}>; rel="next"'  # RFC 8288
        return json_answer([query.project(entry) for entry in entries], headers=headers)

    async def read(self, request: web.Request) -> web.Response:
        """200 and the entry."""
        caller = caller_of(request)
        query = fields_query(request)
        entry = await self._logs.read(caller.tenant, request.match_info["id"])
        return json_answer(query.project(entry), headers=NO_STORE)


async def _projected(views: AsyncIterator[LogEntryAnswer], query: LogQuery) -> AsyncIterator[object]:
    async for view in views:
        yield query.project(view)


def _with_length(_frame: Frame, count: int) -> bytes:
    return b'],"length":%d}' % count
