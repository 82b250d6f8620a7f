"""``POST /api/v2/rules/try`` and ``POST /api/v2/rules/check``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.trials.answers import TryAnswer
from rulemint_gateway.management.trials.bodies import TryRule
from rulemint_gateway.management.trials.load_checks import CheckAnswer, CheckRule, LoadChecks
from rulemint_gateway.management.trials.trials import Trials
from rulemint_gateway.web.callers.permitted import caller_of, require_scope
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)


class TrialHandlers:
    """Runs a rule without issuing a token, or only loads it."""

    def __init__(self, trials: Trials, load_checks: LoadChecks) -> None:
        self._trials = trials
        self._load_checks = load_checks

    def operations(self) -> list[Operation]:
        """A trial, and a check that runs nothing."""
        return [
            Operation(
                method="POST",
                path="/api/v2/rules/try",
                handle=self.run,
                tag="Rules",
                summary="Try a rule on a token request",
                scopes=("update:rules",),
                body=TryRule,
                answer=TryAnswer,
                refusals=(404,),
            ),
            Operation(
                method="POST",
                path="/api/v2/rules/check",
                handle=self.check,
                tag="Rules",
                summary="Check whether a rule's text loads",
                scopes=("update:rules",),
                body=CheckRule,
                answer=CheckAnswer,
                refusals=(404,),
            ),
        ]

    async def run(self, request: web.Request) -> web.Response:
        """200 however the rule ends. It can show all that it sees, so a stored client must be the caller's to read."""
        caller = caller_of(request)
        body = await read_json(request, TryRule)
        if isinstance(body.client, str):
            require_scope(request, "read:clients")
        answer = await self._trials.run(caller.tenant, body)
        log.info("rule tried", tenant=caller.tenant, by=caller.client_id, outcome=answer.outcome)
        return json_answer(answer, headers=NO_STORE)

    async def check(self, request: web.Request) -> web.Response:
        """200 also if it does not load. Its function does not run, so no client is needed."""
        caller = caller_of(request)
        answer = await self._load_checks.run(caller.tenant, await read_json(request, CheckRule))
        return json_answer(answer, headers=NO_STORE)
