"""``/api/v2/actions/actions/{id}/versions``: what was deployed, and deploying it again."""

from __future__ import annotations

import msgspec
from aiohttp import web

from rulemint_gateway.auth0.actions.actions import Actions
from rulemint_gateway.auth0.actions.answers import ActionVersionAnswer
from rulemint_gateway.auth0.actions.versions import ActionVersions
from rulemint_gateway.web.auth0.actions.calls import ACTION, ActionCalls
from rulemint_gateway.web.auth0.actions.queries import PageQuery
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.operations import CountedPage, Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of
from rulemint_gateway.web.management.long_lists import Frame, answer_in_pieces
from rulemint_gateway.web.management.rules.versions import version_number


class DeployVersion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of ``POST …/versions/{id}/deploy``, which may be left out."""

    update_draft: bool = False


class ActionVersionHandlers(ActionCalls):
    """The calls about the versions of an action."""

    def __init__(self, actions: Actions, versions: ActionVersions) -> None:
        super().__init__(actions)
        self._versions = versions

    def operations(self) -> list[Operation]:
        """The calls about the versions of an action."""
        return [
            self.operation(
                "GET",
                f"{ACTION}/versions",
                self.list_versions,
                "List the versions of an action",
                scope="read",
                query=PageQuery,
                answer=CountedPage(item=ActionVersionAnswer, key="versions"),
            ),
            self.operation(
                "GET",
                f"{ACTION}/versions/{{number}}",
                self.read_version,
                "Read a version of an action",
                scope="read",
                answer=ActionVersionAnswer,
            ),
            self.operation(
                "POST",
                f"{ACTION}/versions/{{number}}/deploy",
                self.deploy_version,
                "Deploy a version of an action",
                scope="create",
                body=DeployVersion,
                body_is_optional=True,
                answer=ActionVersionAnswer,
                status=202,
                loads=True,
                if_match=True,
                refusals=(409,),
            ),
        ]

    async def list_versions(self, request: web.Request) -> web.StreamResponse:
        """200 and a page of versions, newest first."""
        caller = caller_of(request)
        query = query_of(request, PageQuery)
        start = query.page * query.per_page
        rule, numbers = await self._versions.numbers(caller.tenant, request.match_info["id"])
        frame = Frame.named("versions", total=len(numbers), page=query.page, per_page=query.per_page)
        views = self._versions.views(caller.tenant, rule, numbers[start : start + query.per_page])
        return await answer_in_pieces(request, frame, views)

    async def read_version(self, request: web.Request) -> web.Response:
        """200 and one version."""
        caller = caller_of(request)
        version = await self._versions.read(caller.tenant, request.match_info["id"], version_number(request))
        return json_answer(version, headers=NO_STORE)

    async def deploy_version(self, request: web.Request) -> web.Response:
        """202, as at Auth0, and the version, which runs now."""
        caller = caller_of(request)
        body = await read_json(request, DeployVersion) if request.can_read_body else DeployVersion()
        action_id, number = request.match_info["id"], version_number(request)
        self.require_match(request, caller)
        version = await self._versions.deploy(caller.tenant, action_id, number, update_draft=body.update_draft)
        self.note("action deployed", caller, action_id)
        return json_answer(version, status=202, headers=NO_STORE)
