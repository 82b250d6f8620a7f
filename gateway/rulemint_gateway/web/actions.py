"""``/api/v2/actions``: actions, their versions, and the one trigger with its bindings."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.actions.actions import Actions
from rulemint_gateway.management.actions.bindings import Bindings
from rulemint_gateway.management.actions.bodies import CreateAction, PatchAction, PatchBindings
from rulemint_gateway.management.actions.records import Action
from rulemint_gateway.management.actions.testing import ActionTest, ActionTests
from rulemint_gateway.management.actions.versions import ActionVersions
from rulemint_gateway.management.actions.views import TRIGGERS, action_view
from rulemint_gateway.management.rule_forms import TRIGGER, check_trigger
from rulemint_gateway.stores.catalog import Catalog
from rulemint_gateway.web.bearer import AuthorizedCaller, authorize
from rulemint_gateway.web.bodies import read_json
from rulemint_gateway.web.etags import etag_header, require_match
from rulemint_gateway.web.idempotency import once
from rulemint_gateway.web.problems import NO_STORE, json_answer
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

    def routes(self) -> list[web.RouteDef]:
        """The paths of actions."""
        return [
            web.post(ACTIONS, self.create),
            web.get(ACTIONS, self.list),
            web.get(ACTION, self.read),
            web.patch(ACTION, self.patch),
            web.delete(ACTION, self.delete),
            web.post(f"{ACTION}/deploy", self.deploy),
            web.post(f"{ACTION}/test", self.test),
            web.get(f"{ACTION}/versions", self.list_versions),
            web.get(f"{ACTION}/versions/{{number}}", self.read_version),
            web.post(f"{ACTION}/versions/{{number}}/deploy", self.deploy_version),
            web.get("/api/v2/actions/triggers", self.list_triggers),
            web.get(BINDINGS, self.list_bindings),
            web.patch(BINDINGS, self.replace_bindings),
            web.get("/api/v2/actions/modules", self.list_modules),
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
