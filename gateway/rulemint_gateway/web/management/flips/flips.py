"""``POST /api/v2/exchanges/{id}/flip``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.flips.answers import FlipAnswer
from rulemint_gateway.management.flips.flips import FlipBody, Flips
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.tapes.tapes import READ

log = structlog.get_logger(__name__)


class FlipHandlers:
    """Searches for the smallest change of a token request."""

    def __init__(self, flips: Flips) -> None:
        self._flips = flips

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/exchanges/{id}/flip",
                handle=self.run,
                tag="Tapes",
                summary="Find the smallest change that brings a token, a claim or a scope",
                scopes=(READ, "update:rules"),
                body=FlipBody,
                body_is_optional=True,
                answer=FlipAnswer,
                refusals=(404, 409),
            )
        ]

    async def run(self, request: web.Request) -> web.Response:
        """200, also if none was found. The request is replayed with changes, many times, for some seconds at most.

        Nothing leaves a replay: no call, no write, no token, no record.
        """
        caller = caller_of(request)
        body = await read_json(request, FlipBody) if request.can_read_body else FlipBody()
        answer = await self._flips.run(caller.tenant, request.match_info["id"], body)
        log.info(
            "exchange flipped",
            tenant=caller.tenant,
            by=caller.client_id,
            found=answer.found,
            runs=answer.tried.runs,
            took_ms=answer.took_ms,
        )
        return json_answer(answer, headers=NO_STORE)
