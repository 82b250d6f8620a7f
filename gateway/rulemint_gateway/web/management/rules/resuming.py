"""``POST /api/v2/rules/{id}/resume``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.rules.resuming import ResumeRule, Resuming, RuleResumed
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)


class ResumeHandlers:
    """The call that ends pauses."""

    def __init__(self, resuming: Resuming) -> None:
        self._resuming = resuming

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/rules/{id}/resume",
                handle=self.resume,
                tag="Rules",
                summary="End the pauses of a rule",
                scopes=("update:rules",),
                body=ResumeRule,
                body_is_optional=True,
                answer=RuleResumed,
            )
        ]

    async def resume(self, request: web.Request) -> web.Response:
        """200: the rule runs again for all clients for which it paused, or for one, at every runner and gateway.

        If its hosts keep ending, it pauses again.
        """
        caller = caller_of(request)
        body = await read_json(request, ResumeRule) if request.can_read_body else ResumeRule()
        answer = await self._resuming.resume(caller.tenant, request.match_info["id"], body)
        log.info("rule resumed", tenant=caller.tenant, by=caller.client_id, id=answer.id, client=answer.client_id)
        return json_answer(answer, headers=NO_STORE)
