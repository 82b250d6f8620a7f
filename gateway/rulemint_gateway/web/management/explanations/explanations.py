"""``GET /api/v2/exchanges/{id}/explanation``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.explanations.answers import Explanation
from rulemint_gateway.management.explanations.explanations import Explanations
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.tapes.tapes import READ

log = structlog.get_logger(__name__)


class ExplanationHandlers:
    """Explains a token request."""

    def __init__(self, explanations: Explanations) -> None:
        self._explanations = explanations

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="GET",
                path="/api/v2/exchanges/{id}/explanation",
                handle=self.read,
                tag="Tapes",
                summary="Explain a token request",
                scopes=(READ,),
                answer=Explanation,
                refusals=(404,),
            )
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and, for each claim and scope, which rule set it, and why others are absent.

        If the request left a tape, it is replayed in a host that sees each line, and no call leaves. Without a tape
        the answer says what the record alone can say, and what it cannot.
        """
        caller = caller_of(request)
        answer = await self._explanations.read(caller.tenant, request.match_info["id"])
        log.info("exchange explained", tenant=caller.tenant, by=caller.client_id, depth=answer.depth)
        return json_answer(answer, headers=NO_STORE)
