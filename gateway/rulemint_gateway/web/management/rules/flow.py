"""``/api/v2/flow``: the order of all rules."""

from __future__ import annotations

import structlog
from aiohttp import web

from rulemint_gateway.management.rules.flow import Flow, FlowAnswer, PutFlow
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

PATH = "/api/v2/flow"


class FlowHandlers:
    """The calls that read and replace the order."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def operations(self) -> list[Operation]:
        """The two calls."""
        return [
            Operation(
                method="GET",
                path=PATH,
                handle=self.read,
                tag="Rules",
                summary="Read the order of the rules",
                scopes=("read:rules",),
                answer=FlowAnswer,
                etag=True,
            ),
            Operation(
                method="PUT",
                path=PATH,
                handle=self.replace,
                tag="Rules",
                summary="Put all rules into an order",
                scopes=("update:rules",),
                body=PutFlow,
                answer=FlowAnswer,
                etag=True,
                if_match=True,
                refusals=(409,),
            ),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the ids of all rules in their order; the ETag changes with the order and with the set of rules."""
        caller = caller_of(request)
        flow = await self._flow.read(caller.tenant)
        return json_answer(flow, headers={**NO_STORE, **etag_header(flow)})

    async def replace(self, request: web.Request) -> web.Response:
        """200: the rules run in this order from the next token on. All of them move at once, or none.

        409 `flow_differs` if the body leaves a rule out or names one that there is not; it says which. 412 if the flow
        is not what If-Match says; it says what the order is now.
        """
        caller = caller_of(request)
        body = await read_json(request, PutFlow)
        require_match(
            request, lambda: self._flow.read(caller.tenant), refusal=lambda: self._flow.changed_since(caller.tenant)
        )
        flow = await self._flow.replace(caller.tenant, body)
        log.info("flow ordered", tenant=caller.tenant, by=caller.client_id, rules=len(flow.rules))
        return json_answer(flow, headers={**NO_STORE, **etag_header(flow)})
