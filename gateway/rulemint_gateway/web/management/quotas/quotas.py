"""``/api/v2/quotas``: how much the tenant may have, and has."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.management.quotas.answers import QuotasAnswer
from rulemint_gateway.management.quotas.quotas import QuotaUse
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer


class QuotaHandlers:
    """The one call about quotas."""

    def __init__(self, use: QuotaUse) -> None:
        self._use = use

    def operations(self) -> list[Operation]:
        """Its description."""
        return [
            Operation(
                method="GET",
                path="/api/v2/quotas",
                handle=self.read,
                tag="Statistics",
                summary="See how much of the tenant's quotas is used",
                scopes=("read:stats",),
                answer=QuotasAnswer,
            )
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the quotas, of all gateways together, with the token requests that each kind of limit refused.

        Refusals are counted within 5 seconds, and waiting requests are as of the last 3 seconds. Quotas of a single
        client or address are not listed; their refusals are. A gateway's places for connections, management calls and
        log streams are shared by all tenants, and are not told here.
        """
        caller = caller_of(request)
        return json_answer(await self._use.read(caller.tenant), headers=NO_STORE)
