"""``/api/v2/actions/triggers``: the one trigger, the actions that are bound to it in their order, and no modules."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.auth0.actions.answers import BindingAnswer, BindingsAnswer, TriggersAnswer
from rulemint_gateway.auth0.actions.bindings import Bindings
from rulemint_gateway.auth0.actions.bodies import PatchBindings
from rulemint_gateway.auth0.actions.views import TRIGGERS
from rulemint_gateway.auth0.trigger import TRIGGER, check_trigger
from rulemint_gateway.management.nouns.answers import Nothing
from rulemint_gateway.web.auth0.actions.calls import ActionCalls
from rulemint_gateway.web.auth0.actions.queries import PageQuery, page_of
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.operations import CountedPage, Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of

BINDINGS = "/api/v2/actions/triggers/{trigger}/bindings"


class TriggerHandlers(ActionCalls):
    """The calls about what runs when."""

    def __init__(self, actions: Actions, bindings: Bindings) -> None:
        super().__init__(actions)
        self._bindings = bindings

    def operations(self) -> list[Operation]:
        """The calls about the trigger and its bindings, and about modules."""
        return [
            self.operation(
                "GET",
                "/api/v2/actions/triggers",
                self.list_triggers,
                "List the triggers",
                scope="read",
                answer=TriggersAnswer,
            ),
            self.operation(
                "GET",
                BINDINGS,
                self.list_bindings,
                "List the bindings of a trigger",
                scope="read",
                query=PageQuery,
                answer=CountedPage(item=BindingAnswer, key="bindings"),
                etag=True,
            ),
            self.operation(
                "PATCH",
                BINDINGS,
                self.replace_bindings,
                "Bind exactly these actions, in this order",
                scope="update",
                body=PatchBindings,
                answer=BindingsAnswer,
                etag=True,
                if_match=True,
            ),
            self.operation(
                "GET",
                "/api/v2/actions/modules",
                self.list_modules,
                "List the modules of actions: there are none",
                scope="read",
                query=PageQuery,
                answer=CountedPage(item=Nothing, key="modules"),
            ),
        ]

    async def list_triggers(self, _request: web.Request) -> web.Response:
        """200 and the one trigger that there is."""
        return json_answer(TriggersAnswer(triggers=TRIGGERS), headers=NO_STORE)

    async def list_bindings(self, request: web.Request) -> web.Response:
        """200 and a page of the bound actions, in their order; the ETag is that of all of them."""
        caller = caller_of(request)
        check_trigger(request.match_info["trigger"], field="triggerId")
        query = query_of(request, PageQuery)
        bindings = await self._bindings.list(caller.tenant)
        page = page_of(bindings.bindings, query, key="bindings")
        page.headers.update(etag_header(bindings))
        return page

    async def replace_bindings(self, request: web.Request) -> web.Response:
        """200 and all bindings; 412 if they are not what If-Match says."""
        caller = caller_of(request)
        check_trigger(request.match_info["trigger"], field="triggerId")
        body = await read_json(request, PatchBindings)
        require_match(request, lambda: self._bindings.list(caller.tenant))
        bindings = await self._bindings.replace(caller.tenant, body)
        self.note("actions bound", caller, TRIGGER)
        return json_answer(bindings, headers={**NO_STORE, **etag_header(bindings)})

    async def list_modules(self, request: web.Request) -> web.Response:
        """200 and nothing: tools ask before they ask for actions."""
        return page_of([], query_of(request, PageQuery), key="modules")
