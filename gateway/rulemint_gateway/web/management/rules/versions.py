"""``/api/v2/rules/{id}/versions`` and ``/api/v2/rules/{id}/diff``."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.errors import NotFoundError
from rulemint_gateway.management.rules.answers import RuleAnswer, RuleVersionAnswer, RuleVersionSummary
from rulemint_gateway.management.rules.rules import Rules
from rulemint_gateway.management.rules.versions import RuleDiff, RuleVersionsOf
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.etags import etag_header, require_match
from rulemint_gateway.web.http.operations import Operation, Pages
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of

log = structlog.get_logger(__name__)

VersionNumber = Annotated[int, Meta(ge=1, lt=2**31)]
DIFF_TYPE = "text/x-diff"


class VersionsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The part of the list that is asked for. A page after the last is empty."""

    page: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    per_page: Annotated[int, Meta(ge=1, le=100)] = 50
    include_totals: bool = False


class DiffQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The versions that are compared."""

    old: VersionNumber | None = msgspec.field(name="from", default=None)
    new: VersionNumber | None = msgspec.field(name="to", default=None)


class RuleVersionHandlers:
    """The calls about the versions of a rule."""

    def __init__(self, rules: Rules, versions: RuleVersionsOf) -> None:
        self._rules = rules
        self._versions = versions

    def operations(self) -> list[Operation]:
        """The calls about a rule's versions."""
        path = "/api/v2/rules/{id}"
        return [
            Operation(
                method="GET",
                path=f"{path}/versions",
                handle=self.list,
                tag="Rules",
                summary="List the versions of a rule",
                scopes=("read:rules",),
                query=VersionsQuery,
                answer=Pages(item=RuleVersionSummary, key="versions", checkpoints=False),
            ),
            Operation(
                method="GET",
                path=f"{path}/versions/{{number}}",
                handle=self.read,
                tag="Rules",
                summary="Read a version of a rule",
                scopes=("read:rules",),
                answer=RuleVersionAnswer,
            ),
            Operation(
                method="POST",
                path=f"{path}/versions/{{number}}/deploy",
                handle=self.deploy,
                tag="Rules",
                summary="Deploy a version of a rule",
                scopes=("update:rules",),
                answer=RuleAnswer,
                loads=True,
                etag=True,
                if_match=True,
                refusals=(400, 409),
            ),
            Operation(
                method="GET",
                path=f"{path}/diff",
                handle=self.diff,
                tag="Rules",
                summary="Compare two versions of a rule",
                scopes=("read:rules",),
                query=DiffQuery,
                answer=RuleDiff,
                answers=("application/json", DIFF_TYPE),
            ),
        ]

    async def list(self, request: web.Request) -> web.Response:
        """200 and a page of versions, newest first."""
        caller = caller_of(request)
        query = query_of(request, VersionsQuery)
        start = query.page * query.per_page
        page, total = await self._versions.list(
            caller.tenant, request.match_info["id"], start=start, count=query.per_page
        )
        totals = {"start": start, "limit": query.per_page, "total": total, "versions": page}
        return json_answer(totals if query.include_totals else page, headers=NO_STORE)

    async def read(self, request: web.Request) -> web.Response:
        """200 and one version, with its script."""
        caller = caller_of(request)
        version = await self._versions.read(caller.tenant, request.match_info["id"], version_number(request))
        return json_answer(version, headers=NO_STORE)

    async def deploy(self, request: web.Request) -> web.Response:
        """200 and the rule, which runs this version now; 412 if the rule is not what If-Match says."""
        caller = caller_of(request)
        rule_id, number = request.match_info["id"], version_number(request)
        require_match(request, lambda: self._rules.read(caller.tenant, rule_id))
        rule = await self._versions.deploy(caller.tenant, rule_id, number)
        log.info("rule version deployed", tenant=caller.tenant, by=caller.client_id, id=rule_id, version=number)
        return json_answer(rule, headers={**NO_STORE, **etag_header(rule)})

    async def diff(self, request: web.Request) -> web.Response:
        """200 and what differs: JSON, or for who accepts only text the unified diff itself."""
        caller = caller_of(request)
        query = query_of(request, DiffQuery)
        diff = await self._versions.diff(caller.tenant, request.match_info["id"], old=query.old, new=query.new)
        if request.headers.get("Accept", "").startswith("text/"):
            return web.Response(text=diff.script, content_type=DIFF_TYPE, headers=NO_STORE)
        return json_answer(diff, headers=NO_STORE)


def version_number(request: web.Request) -> int:
    """The number of a version in the path.

    Raises:
        NotFoundError: it is none, so there is no such version.
    """
    try:
        number: int = msgspec.convert(request.match_info["number"], VersionNumber, strict=False)
    except msgspec.ValidationError:
        raise NotFoundError("version of the rule", code="inexistent_rule_version") from None
    return number
