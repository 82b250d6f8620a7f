"""The parts that all calls about actions have in common."""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web

from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.web.callers.bearer import AuthorizedCaller
from rulemint_gateway.web.http.etags import require_match
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import Handler

log = structlog.get_logger(__name__)

ACTIONS = "/api/v2/actions/actions"
ACTION = f"{ACTIONS}/{{id}}"


class ActionCalls:
    """The scopes, the precondition and the service's log."""

    def __init__(self, actions: Actions) -> None:
        self.actions = actions

    def operation(
        self, method: str, path: str, handle: Handler, summary: str, *, scope: str, **described: Any
    ) -> Operation:
        """A call that needs *scope* of ``actions``."""
        scopes = (f"{scope}:actions",)
        return Operation(
            method=method, path=path, handle=handle, tag="Actions", summary=summary, scopes=scopes, **described
        )

    def require_match(self, request: web.Request, caller: AuthorizedCaller) -> None:
        """Refuse the write if the action is not what If-Match says."""
        require_match(request, lambda: self.actions.read(caller.tenant, request.match_info["id"]))

    def note(self, what: str, caller: AuthorizedCaller, action_id: str) -> None:
        """Tell the operator."""
        log.info(what, tenant=caller.tenant, by=caller.client_id, id=action_id)
