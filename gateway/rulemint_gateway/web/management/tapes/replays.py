"""``POST /api/v2/exchanges/{id}/replay``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.tapes.replay_answers import ReplayAnswer
from rulemint_gateway.management.tapes.replays import ReplayBody, Replays
from rulemint_gateway.web.callers.permitted import caller_of, require_scope
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.tapes.tapes import READ

log = structlog.get_logger(__name__)


class ReplayHandlers:
    """Replays a token request without issuing a token."""

    def __init__(self, replays: Replays) -> None:
        self._replays = replays

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/exchanges/{id}/replay",
                handle=self.run,
                tag="Tapes",
                summary="Replay a token request from its tape",
                scopes=(READ,),
                body=ReplayBody,
                body_is_optional=True,
                answer=ReplayAnswer,
                refusals=(404, 409),
            )
        ]

    async def run(self, request: web.Request) -> web.Response:
        """200 however the replay ends. Nothing leaves it: no call, no write, no token, no record.

        With `set` the request is changed first, and the answer says what that makes different. This takes
        `update:rules` too, as trying a rule does.
        """
        caller = caller_of(request)
        body = await read_json(request, ReplayBody) if request.can_read_body else ReplayBody()
        if body.set:
            require_scope(request, "update:rules")
        answer = await self._replays.run(caller.tenant, request.match_info["id"], body)
        log.info("exchange replayed", tenant=caller.tenant, by=caller.client_id, verdict=answer.verdict)
        return json_answer(answer, headers=NO_STORE)
