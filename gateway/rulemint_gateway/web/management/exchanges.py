"""``/api/v2/exchanges/{id}``: the record of one token request."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.management.errors import NotFoundError
from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.stores.traffic.exchange_store import ExchangeStore
from rulemint_gateway.web.callers.bearer import authorize
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_shared.contract.exchanges import ExchangeRecord


class ExchangeHandlers:
    """The one call about exchange records."""

    def __init__(self, catalog: Catalog, exchanges: ExchangeStore) -> None:
        self._catalog = catalog
        self._exchanges = exchanges

    def operations(self) -> list[Operation]:
        """The one call about exchange records."""
        return [
            Operation(
                method="GET",
                path="/api/v2/exchanges/{id}",
                handle=self.read,
                tag="Logs",
                summary="Read all about a token request",
                scopes=("read:logs",),
                answer=ExchangeRecord,
            )
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the record."""
        caller = authorize(request, self._catalog, scope="read:logs")
        record = await self._exchanges.find(caller.tenant, request.match_info["id"])
        if record is None:
            raise NotFoundError("exchange", code="inexistent_exchange")
        return json_answer(record, headers=NO_STORE)
