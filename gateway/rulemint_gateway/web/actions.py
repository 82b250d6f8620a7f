"""``/api/v2/actions``: actions, their versions, and the one trigger with its bindings."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.actions.actions import Actions
from rulemint_gateway.management.actions.answers import (
    ActionAnswer,
    ActionTestAnswer,
    ActionVersionAnswer,
    BindingAnswer,
    BindingsAnswer,
    TriggersAnswer,
)
from rulemint_gateway.management.actions.bindings import Bindings
from rulemint_gateway.management.actions.bodies import CreateAction, PatchAction, PatchBindings
from rulemint_gateway.management.actions.records import Action
from rulemint_gateway.management.actions.testing import ActionTest, ActionTests
from rulemint_gateway.management.actions.versions import ActionVersions
from rulemint_gateway.management.actions.views import TRIGGERS, action_view
from rulemint_gateway.management.answers import Nothing
from rulemint_gateway.management.rule_forms import TRIGGER, check_trigger
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import AuthorizedCaller, authorize
from rulemint_gateway.web.bodies import read_json
from rulemint_gateway.web.etags import etag_header, require_match
from rulemint_gateway.web.idempotency import once
from rulemint_gateway.web.operations import CountedPage, Operation
from rulemint_gateway.web.problems import NO_STORE, Handler, json_answer
from rulemint_gateway.web.queries import query_of
from rulemint_gateway.web.rule_versions import version_number

log = structlog.get_logger(__name__)

ACTIONS = "/api/v2/actions/actions"
ACTION = f"{ACTIONS}/{{id}}"
BINDINGS = "/api/v2/actions/triggers/{trigger}/bindings"

Word = Annotated[str, Meta(max_length=128)]


class PageQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which part of a list about actions is asked for. A page after the last is empty."""

    page: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    per_page: Annotated[int, Meta(ge=1, le=100)] = 50


class ActionQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which actions are listed."""

    trigger_id: Word | None = msgspec.field(name="triggerId", default=None)
    action_name: Word | None = msgspec.field(name="actionName", default=None)
    deployed: bool | None = None
    installed: bool = False
    """From a marketplace; there is none here."""

    def takes(self, action: Action) -> bool:
        """Whether *action* is among them."""
        return (
            not self.installed
            and self.action_name in {None, action.rule.name}
            and self.deployed in {None, action.live is not None}
        )


class DeleteQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an action is deleted."""

    force: bool = False


class DeployVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST …/versions/{id}/deploy``, which may be left out."""

    update_draft: bool = False


class ActionHandlers:
    """The calls about actions."""

    def __init__(
        self, catalog: Catalog, actions: Actions, versions: ActionVersions, bindings: Bindings, tests: ActionTests
    ) -> None:
        self._catalog = catalog
        self._tests = tests
        self._actions = actions
        self._versions = versions
        self._bindings = bindings

    def operations(self) -> list[Operation]:
        """The calls about actions."""
        return [*self._operations_of_actions(), *self._operations_of_versions(), *self._operations_of_triggers()]

    def _operations_of_actions(self) -> list[Operation]:
        return [
            self._operation(
                "POST",
                ACTIONS,
                self.create,
                "Create an action",
                scope="create",
                body=CreateAction,
                answer=ActionAnswer,
                status=201,
                etag=True,
                idempotent=True,
                refusals=(409,),
            ),
            self._operation(
                "GET",
                ACTIONS,
                self.list,
                "List actions",
                scope="read",
                query=ActionQuery,
                answer=CountedPage(item=ActionAnswer, key="actions"),
            ),
            self._operation(
                "GET",
                ACTION,
                self.read,
                "Read an action",
                scope="read",
                answer=ActionAnswer,
                etag=True,
            ),
            self._operation(
                "PATCH",
                ACTION,
                self.patch,
                "Change an action",
                scope="update",
                body=PatchAction,
                answer=ActionAnswer,
                etag=True,
                if_match=True,
                refusals=(409,),
            ),
            self._operation(
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
            self._operation(
                "POST",
                f"{ACTION}/deploy",
                self.deploy,
                "Deploy the draft of an action",
                scope="create",
                answer=ActionVersionAnswer,
                if_match=True,
                refusals=(400,),
            ),
            self._operation(
                "POST",
                f"{ACTION}/test",
                self.test,
                "Try an action on an event",
                scope="create",
                body=ActionTest,
                answer=ActionTestAnswer,
            ),
        ]

    def _operations_of_versions(self) -> list[Operation]:
        return [
            self._operation(
                "GET",
                f"{ACTION}/versions",
                self.list_versions,
                "List the versions of an action",
                scope="read",
                query=PageQuery,
                answer=CountedPage(item=ActionVersionAnswer, key="versions"),
            ),
            self._operation(
                "GET",
                f"{ACTION}/versions/{{number}}",
                self.read_version,
                "Read a version of an action",
                scope="read",
                answer=ActionVersionAnswer,
            ),
            self._operation(
                "POST",
                f"{ACTION}/versions/{{number}}/deploy",
                self.deploy_version,
                "Deploy a version of an action",
                scope="create",
                body=DeployVersion,
                body_is_optional=True,
                answer=ActionVersionAnswer,
                status=202,
                if_match=True,
            ),
        ]

    def _operations_of_triggers(self) -> list[Operation]:
        return [
            self._operation(
                "GET",
                "/api/v2/actions/triggers",
                self.list_triggers,
                "List the triggers",
                scope="read",
                answer=TriggersAnswer,
            ),
            self._operation(
                "GET",
                BINDINGS,
                self.list_bindings,
                "List the bindings of a trigger",
                scope="read",
                query=PageQuery,
                answer=CountedPage(item=BindingAnswer, key="bindings"),
            ),
            self._operation(
                "PATCH",
                BINDINGS,
                self.replace_bindings,
                "Bind exactly these actions, in this order",
                scope="update",
                body=PatchBindings,
                answer=BindingsAnswer,
            ),
            self._operation(
                "GET",
                "/api/v2/actions/modules",
                self.list_modules,
                "List the modules of actions: there are none",
                scope="read",
                query=PageQuery,
                answer=CountedPage(item=Nothing, key="modules"),
            ),
        ]

    async def create(self, request: web.Request) -> web.Response:
        """201 and the action; with an Idempotency-Key, what the first request with it got."""
        caller = self._authorize(request, "create")
        body = await read_json(request, CreateAction)

        async def make() -> web.Response:
            made = await self._actions.create(caller.tenant, body)
            self._log("action created", caller, made["id"])
            return json_answer(made, status=201, headers={**NO_STORE, **etag_header(made)})

        return await once(request, body, make)

    async def list(self, request: web.Request) -> web.Response:
        """200 and a page of actions."""
        caller = self._authorize(request, "read")
        query = query_of(request, ActionQuery)
        if query.trigger_id is not None:
            check_trigger(query.trigger_id, field="triggerId")
        found = [action_view(action) for action in await self._actions.list(caller.tenant) if query.takes(action)]
        return _page(found, query, key="actions")

    async def read(self, request: web.Request) -> web.Response:
        """200 and the action."""
        caller = self._authorize(request, "read")
        action = await self._actions.read(caller.tenant, request.match_info["id"])
        return json_answer(action, headers={**NO_STORE, **etag_header(action)})

    async def patch(self, request: web.Request) -> web.Response:
        """200 and the changed action; 412 if it is not what If-Match says."""
        caller = self._authorize(request, "update")
        action_id, body = request.match_info["id"], await read_json(request, PatchAction)
        self._require_match(request, caller)
        patched = await self._actions.patch(caller.tenant, action_id, body)
        self._log("action changed", caller, action_id)
        return json_answer(patched, headers={**NO_STORE, **etag_header(patched)})

    async def delete(self, request: web.Request) -> web.Response:
        """204; 404 if there is none, and 409 if it is bound, unless forced."""
        caller = self._authorize(request, "delete")
        action_id, query = request.match_info["id"], query_of(request, DeleteQuery)
        self._require_match(request, caller)
        await self._actions.delete(caller.tenant, action_id, force=query.force)
        self._log("action deleted", caller, action_id)
        return web.Response(status=204)

    async def deploy(self, request: web.Request) -> web.Response:
        """200 and the version that runs now, which was the draft; the body does not matter."""
        caller = self._authorize(request, "create")
        action_id = request.match_info["id"]
        self._require_match(request, caller)
        version = await self._versions.deploy(caller.tenant, action_id)
        self._log("action deployed", caller, action_id)
        return json_answer(version, headers=NO_STORE)

    async def test(self, request: web.Request) -> web.Response:
        """200 however the action ends."""
        caller = self._authorize(request, "create")
        action_id = request.match_info["id"]
        answer = await self._tests.run(caller.tenant, action_id, await read_json(request, ActionTest))
        log.info("action tried", tenant=caller.tenant, by=caller.client_id, id=action_id)
        return json_answer(answer, headers=NO_STORE)

    async def list_versions(self, request: web.Request) -> web.Response:
        """200 and a page of versions, newest first."""
        caller = self._authorize(request, "read")
        query = query_of(request, PageQuery)
        start = query.page * query.per_page
        found, total = await self._versions.list(
            caller.tenant, request.match_info["id"], start=start, count=query.per_page
        )
        return json_answer(_paged(found, total, query, key="versions"), headers=NO_STORE)

    async def read_version(self, request: web.Request) -> web.Response:
        """200 and one version."""
        caller = self._authorize(request, "read")
        version = await self._versions.read(caller.tenant, request.match_info["id"], version_number(request))
        return json_answer(version, headers=NO_STORE)

    async def deploy_version(self, request: web.Request) -> web.Response:
        """202, as at Auth0, and the version, which runs now."""
        caller = self._authorize(request, "create")
        body = await read_json(request, DeployVersion) if request.can_read_body else DeployVersion()
        action_id, number = request.match_info["id"], version_number(request)
        self._require_match(request, caller)
        version = await self._versions.deploy(caller.tenant, action_id, number, update_draft=body.update_draft)
        self._log("action deployed", caller, action_id)
        return json_answer(version, status=202, headers=NO_STORE)

    async def list_triggers(self, request: web.Request) -> web.Response:
        """200 and the one trigger that there is."""
        self._authorize(request, "read")
        return json_answer({"triggers": TRIGGERS}, headers=NO_STORE)

    async def list_bindings(self, request: web.Request) -> web.Response:
        """200 and a page of the bound actions, in their order."""
        caller = self._authorize(request, "read")
        check_trigger(request.match_info["trigger"], field="triggerId")
        query = query_of(request, PageQuery)
        return _page(await self._bindings.list(caller.tenant), query, key="bindings")

    async def replace_bindings(self, request: web.Request) -> web.Response:
        """200 and all bindings."""
        caller = self._authorize(request, "update")
        check_trigger(request.match_info["trigger"], field="triggerId")
        bindings = await self._bindings.replace(caller.tenant, await read_json(request, PatchBindings))
        self._log("actions bound", caller, TRIGGER)
        return json_answer({"bindings": bindings}, headers=NO_STORE)

    async def list_modules(self, request: web.Request) -> web.Response:
        """200 and nothing: tools ask before they ask for actions."""
        self._authorize(request, "read")
        return _page([], query_of(request, PageQuery), key="modules")

    def _operation(
        self, method: str, path: str, handle: Handler, summary: str, *, scope: str, **described: Any
    ) -> Operation:
        scopes = (f"{scope}:actions",)
        return Operation(
            method=method, path=path, handle=handle, tag="Actions", summary=summary, scopes=scopes, **described
        )

    def _authorize(self, request: web.Request, verb: str) -> AuthorizedCaller:
        return authorize(request, self._catalog, scope=f"{verb}:actions")

    def _require_match(self, request: web.Request, caller: AuthorizedCaller) -> None:
        require_match(request, lambda: self._actions.read(caller.tenant, request.match_info["id"]))

    def _log(self, what: str, caller: AuthorizedCaller, action_id: str) -> None:
        log.info(what, tenant=caller.tenant, by=caller.client_id, id=action_id)


def _page(items: list[dict[str, Any]], query: PageQuery, *, key: str) -> web.Response:
    start = query.page * query.per_page
    found = items[start : start + query.per_page]
    return json_answer(_paged(found, len(items), query, key=key), headers=NO_STORE)


def _paged(page: list[dict[str, Any]], total: int, query: PageQuery, *, key: str) -> dict[str, Any]:
    return {"total": total, "page": query.page, "per_page": query.per_page, key: page}
