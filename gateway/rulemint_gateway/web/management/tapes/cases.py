"""``POST /api/v2/exchanges/{id}/case``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.tapes.case_of_tape import CaseAnswer
from rulemint_gateway.management.tapes.cases import CaseBody, TapeCases
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.tapes.tapes import READ

log = structlog.get_logger(__name__)


class TapeCaseHandlers:
    """Makes a test of a token request."""

    def __init__(self, cases: TapeCases) -> None:
        self._cases = cases

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/exchanges/{id}/case",
                handle=self.make,
                tag="Tapes",
                summary="Make a test of a token request",
                scopes=(READ,),
                body=CaseBody,
                body_is_optional=True,
                answer=CaseAnswer,
                refusals=(404, 409),
            )
        ]

    async def make(self, request: web.Request) -> web.Response:
        """200 and a case, made of the tape and stored nowhere: PATCH the rule with it, or add it to a file of cases.

        `could_not_know` says what the case does not have. 404: the request left no tape, or it is no longer kept.
        """
        caller = caller_of(request)
        body = await read_json(request, CaseBody) if request.can_read_body else CaseBody()
        answer = await self._cases.make(caller.tenant, request.match_info["id"], body)
        log.info("case made of a tape", tenant=caller.tenant, by=caller.client_id, exchange=answer.exchange_id)
        return json_answer(answer, headers=NO_STORE)
