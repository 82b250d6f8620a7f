"""``/api/v2/actions/executions/{id}``: what the rules of one token request did, as Auth0 tells it."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.auth0.actions.answers import ExecutionAnswer
from rulemint_gateway.auth0.actions.executions import Executions
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer


class ExecutionHandlers:
    """The one call about executions."""

    def __init__(self, executions: Executions) -> None:
        self._executions = executions

    def operations(self) -> list[Operation]:
        """The one call about executions."""
        return [
            Operation(
                method="GET",
                path="/api/v2/actions/executions/{id}",
                handle=self.read,
                tag="Actions",
                summary="Read which rules a token request ran",
                scopes=("read:actions",),
                answer=ExecutionAnswer,
            )
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the execution; the tenant's log names its id in ``details.actions.executions``."""
        caller = caller_of(request)
        return json_answer(await self._executions.read(caller.tenant, request.match_info["id"]), headers=NO_STORE)
