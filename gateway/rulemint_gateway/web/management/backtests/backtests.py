"""``POST /api/v2/rules/backtest``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.backtests.answers import BacktestAnswer
from rulemint_gateway.management.backtests.backtests import Backtests
from rulemint_gateway.management.backtests.bodies import BacktestBody
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.management.tapes.tapes import READ

log = structlog.get_logger(__name__)


class BacktestHandlers:
    """Runs a draft on recorded traffic."""

    def __init__(self, backtests: Backtests) -> None:
        self._backtests = backtests

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/rules/backtest",
                handle=self.run,
                tag="Rules",
                summary="Try a draft on recorded token requests",
                scopes=(READ, "update:rules"),
                body=BacktestBody,
                answer=BacktestAnswer,
                refusals=(404, 409),
            )
        ]

    async def run(self, request: web.Request) -> web.Response:
        """Replay the tapes of the rule with the version that runs and with the draft, and compare how they end.

        Nothing leaves a replay: no call, no write, no token, no record. A call ends after 20 seconds; send
        its `next` as `before` to go on.
        """
        caller = caller_of(request)
        answer = await self._backtests.run(caller.tenant, await read_json(request, BacktestBody))
        log.info(
            "rule backtested",
            tenant=caller.tenant,
            by=caller.client_id,
            rule=answer.rule_id,
            replayed=answer.coverage.replayed,
        )
        return json_answer(answer, headers=NO_STORE)
