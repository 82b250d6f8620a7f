"""``/api/v2/rules/{id}/rollout``."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.rollouts.answers import RolloutAnswer
from rulemint_gateway.management.rollouts.bodies import StartRollout
from rulemint_gateway.management.rollouts.rollouts import Rollouts
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

PATH = "/api/v2/rules/{id}/rollout"


class RolloutHandlers:
    """The calls about the rollout of a rule's version."""

    def __init__(self, rollouts: Rollouts) -> None:
        self._rollouts = rollouts

    def operations(self) -> list[Operation]:
        """The three calls."""
        return [
            Operation(
                method="GET",
                path=PATH,
                handle=self.read,
                tag="Rules",
                summary="Read the rollout of a rule's version",
                scopes=("read:rules",),
                answer=RolloutAnswer,
            ),
            Operation(
                method="POST",
                path=PATH,
                handle=self.start,
                tag="Rules",
                summary="Roll a version of a rule out",
                scopes=("update:rules",),
                body=StartRollout,
                answer=RolloutAnswer,
                status=201,
                loads=True,
                refusals=(409,),
            ),
            Operation(
                method="DELETE",
                path=PATH,
                handle=self.stop,
                tag="Rules",
                summary="Stop the rollout of a rule's version",
                scopes=("update:rules",),
                status=204,
                refusals=(404,),
            ),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the last rollout, under way or over: its step, its counts and its verdict."""
        caller = caller_of(request)
        return json_answer(await self._rollouts.read(caller.tenant, request.match_info["id"]), headers=NO_STORE)

    async def start(self, request: web.Request) -> web.Response:
        """201 and the rollout: a canary decides for a share of the clients, a shadow runs behind a share of requests.

        A canary that passes takes its next step by itself, and after 100 percent its version is deployed. One that
        fails is rolled back.
        """
        caller = caller_of(request)
        body = await read_json(request, StartRollout)
        rollout = await self._rollouts.start(caller.tenant, request.match_info["id"], body)
        log.info(
            "rollout started",
            tenant=caller.tenant,
            by=caller.client_id,
            id=rollout.rule_id,
            version=rollout.version,
            kind=str(rollout.kind),
        )
        return json_answer(rollout, status=201, headers=NO_STORE)

    async def stop(self, request: web.Request) -> web.Response:
        """204: the version that runs goes on for all."""
        caller = caller_of(request)
        await self._rollouts.stop(caller.tenant, request.match_info["id"])
        log.info("rollout stopped", tenant=caller.tenant, by=caller.client_id, id=request.match_info["id"])
        return web.Response(status=204, headers=NO_STORE)
