"""``/api/v2/exchanges``: the tenant's token requests, and all about one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.exchanges.answers import ExchangeAnswer, ExchangeList
from rulemint_gateway.management.exchanges.exchanges import ExchangeFilter, Exchanges
from rulemint_gateway.oauth.outcomes import OF_EXCHANGES
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.paging import MAX_PER_PAGE
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of, unix_ms_of

_Text = Annotated[str, Meta(min_length=1, max_length=1_024)]
_Moment = Annotated[str, Meta(min_length=1, max_length=40)]
if TYPE_CHECKING:
    _Outcome = str
else:
    _Outcome = Literal[OF_EXCHANGES]


class ExchangeQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The filters of the list, and the part of it that is asked for."""

    client_id: _Text | None = None
    rule: _Text | None = None
    outcome: _Outcome | None = None
    id: Annotated[str, Meta(min_length=8, max_length=100)] | None = None
    jti: _Text | None = None
    since: _Moment | None = None
    until: _Moment | None = None
    sort: Literal["date:-1", "date:1"] = "date:-1"
    take: Annotated[int, Meta(ge=1, le=MAX_PER_PAGE)] = 50
    from_: Annotated[str, Meta(min_length=1, max_length=100)] | None = msgspec.field(name="from", default=None)

    def filter(self) -> ExchangeFilter:
        """The filters alone.

        Raises:
            InvalidBodyError: a moment is none, or nothing can be between the two.
        """
        since_ms = 0 if self.since is None else unix_ms_of(self.since, name="since")
        until_ms = None if self.until is None else unix_ms_of(self.until, name="until")
        if until_ms is not None and until_ms <= since_ms:
            message = "Query validation error: until: write a time after since, or leave one of them out"
            raise InvalidBodyError(message, field="until", code="invalid_query_string")
        return ExchangeFilter(
            client_id=self.client_id,
            rule=self.rule,
            outcome=self.outcome,
            id=self.id,
            jti=self.jti,
            since_ms=since_ms,
            until_ms=until_ms,
        )


class ExchangeHandlers:
    """The calls about token requests."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    def operations(self) -> list[Operation]:
        """The calls about token requests."""
        return [
            Operation(
                method="GET",
                path="/api/v2/exchanges",
                handle=self.list,
                tag="Logs",
                summary="List token requests",
                scopes=("read:logs",),
                query=ExchangeQuery,
                answer=ExchangeList,
            ),
            Operation(
                method="GET",
                path="/api/v2/exchanges/{id}",
                handle=self.read,
                tag="Logs",
                summary="Read all about a token request",
                scopes=("read:logs",),
                answer=ExchangeAnswer,
            ),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """200 and token requests, the newest first; also those of callers that did not prove who they are.

        A call may show few or none, because it looks at 1,000 records at most. `next` is where to go on: ask again with
        `from` and the same filters, until an answer has none. With `sort=date:1` the oldest come first; then the
        `log_id` of the last is where later ones follow.
        """
        caller = caller_of(request)
        query = query_of(request, ExchangeQuery)
        page = await self._exchanges.page(
            caller.tenant, query.filter(), beyond=query.from_, count=query.take, newest_first=query.sort == "date:-1"
        )
        return json_answer(page, headers=NO_STORE)

    async def read(self, request: web.Request) -> web.Response:
        """200 and the record."""
        caller = caller_of(request)
        return json_answer(await self._exchanges.read(caller.tenant, request.match_info["id"]), headers=NO_STORE)
