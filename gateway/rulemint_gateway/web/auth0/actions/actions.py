"""``/api/v2/actions/actions``: make, read, change, delete, deploy and try actions."""

from __future__ import annotations

import msgspec
from aiohttp import web

from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.auth0.actions.answers import ActionAnswer, ActionTestAnswer, ActionVersionAnswer
from rulemint_gateway.auth0.actions.bodies import CreateAction, PatchAction
from rulemint_gateway.auth0.actions.testing import ActionTest, ActionTests
from rulemint_gateway.auth0.actions.versions import ActionVersions
from rulemint_gateway.auth0.trigger import check_trigger
from rulemint_gateway.web.auth0.actions.calls import ACTION, ACTIONS, ActionCalls
from rulemint_gateway.web.auth0.actions.queries import ActionQuery
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.etags import etag_header
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import CountedPage, Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of
from rulemint_gateway.web.management.long_lists import Frame, answer_in_pieces


class DeleteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of a deletion."""

    force: bool = False


class ActionHandlers(ActionCalls):
    """The calls about actions themselves."""

    def __init__(self, actions: Actions, versions: ActionVersions, tests: ActionTests) -> None:
        super().__init__(actions)
        self._versions = versions
        self._tests = tests

    def operations(self) -> list[Operation]:
        """The calls about actions themselves."""
        return [*self._lists(), *self._changes(), *self._runs()]

    def _lists(self) -> list[Operation]:
        return [
            self.operation(
                "POST",
                ACTIONS,
                self.create,
                "Create an action",
                scope="create",
                body=CreateAction,
                answer=ActionAnswer,
                status=201,
                loads=True,
                etag=True,
                idempotent=True,
                refusals=(409,),
            ),
            self.operation(
                "GET",
                ACTIONS,
                self.list,
                "List actions",
                scope="read",
                query=ActionQuery,
                answer=CountedPage(item=ActionAnswer, key="actions"),
            ),
        ]

    def _changes(self) -> list[Operation]:
        return [
            self.operation("GET", ACTION, self.read, "Read an action", scope="read", answer=ActionAnswer, etag=True),
            self.operation(
                "PATCH",
                ACTION,
                self.patch,
                "Change an action",
                scope="update",
                body=PatchAction,
                answer=ActionAnswer,
                loads=True,
                etag=True,
                if_match=True,
                refusals=(409,),
            ),
            self.operation(
                "DELETE",
                ACTION,
                self.delete,
                "Delete an action",
                scope="delete",
                query=DeleteQuery,
                status=204,
                if_match=True,
                refusals=(404, 409),
            ),
        ]

    def _runs(self) -> list[Operation]:
        return [
            self.operation(
                "POST",
                f"{ACTION}/deploy",
                self.deploy,
                "Deploy the draft of an action",
                scope="create",
                answer=ActionVersionAnswer,
                loads=True,
                if_match=True,
                refusals=(400, 409),
            ),
            self.operation(
                "POST",
                f"{ACTION}/test",
                self.test,
                "Try an action on an event",
                scope="create",
                body=ActionTest,
                answer=ActionTestAnswer,
            ),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 and the action; with an Idempotency-Key, what the first request with it got."""
        caller = caller_of(request)
        body = await read_json(request, CreateAction)

        async def make() -> web.Response:
            made = await self.actions.create(caller.tenant, body)
            self.note("action created", caller, made.id)
            return json_answer(made, status=201, headers={**NO_STORE, **etag_header(made)})

        return await once(request, body, make)

    async def list(self, request: web.Request) -> web.StreamResponse:
        """200 and a page of actions, with their code: Auth0's tools take it from here."""
        caller = caller_of(request)
        query = query_of(request, ActionQuery)
        if query.trigger_id is not None:
            check_trigger(query.trigger_id, field="triggerId")
        found = [rule for rule in await self.actions.list(caller.tenant) if query.takes(rule)]
        start = query.page * query.per_page
        frame = Frame.named("actions", total=len(found), page=query.page, per_page=query.per_page)
        views = self.actions.views(caller.tenant, found[start : start + query.per_page])
        return await answer_in_pieces(request, frame, views)

    async def read(self, request: web.Request) -> web.Response:
        """200 and the action."""
        caller = caller_of(request)
        action = await self.actions.read(caller.tenant, request.match_info["id"])
        return json_answer(action, headers={**NO_STORE, **etag_header(action)})

    async def patch(self, request: web.Request) -> web.Response:
        """200 and the changed action; 412 if it is not what If-Match says."""
        caller = caller_of(request)
        action_id, body = request.match_info["id"], await read_json(request, PatchAction)
        self.require_match(request, caller)
        patched = await self.actions.patch(caller.tenant, action_id, body)
        self.note("action changed", caller, action_id)
        return json_answer(patched, headers={**NO_STORE, **etag_header(patched)})

    async def delete(self, request: web.Request) -> web.Response:
        """204; 404 if there is none, and 409 if it is bound, unless forced."""
        caller = caller_of(request)
        action_id, query = request.match_info["id"], query_of(request, DeleteQuery)
        self.require_match(request, caller)
        await self.actions.delete(caller.tenant, action_id, force=query.force)
        self.note("action deleted", caller, action_id)
        return web.Response(status=204)

    async def deploy(self, request: web.Request) -> web.Response:
        """200 and the version that runs now, which was the draft; the body does not matter."""
        caller = caller_of(request)
        action_id = request.match_info["id"]
        self.require_match(request, caller)
        version = await self._versions.deploy(caller.tenant, action_id)
        self.note("action deployed", caller, action_id)
        return json_answer(version, headers=NO_STORE)

    async def test(self, request: web.Request) -> web.Response:
        """200 however the action ends."""
        caller = caller_of(request)
        action_id = request.match_info["id"]
        answer = await self._tests.run(caller.tenant, action_id, await read_json(request, ActionTest))
        self.note("action tried", caller, action_id)
        return json_answer(answer, headers=NO_STORE)
