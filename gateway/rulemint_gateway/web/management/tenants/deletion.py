"""``DELETE /api/v2/tenants/{id}`` and ``POST /api/v2/tenants/{id}/restore``."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.tenants.bodies import TenantAnswer
from rulemint_gateway.management.tenants.deletion import (
    USUAL_GRACE_S,
    TenantDeletion,
    TenantDeletionAnswer,
)
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of
from rulemint_shared.contract.longest_lifetimes import LONGEST_GRACE_S

log = structlog.get_logger(__name__)

SCOPE = "delete:tenants"


class DeletionQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The time of grace, in seconds, and whether anything is done."""

    grace_s: Annotated[int, Meta(ge=0, le=LONGEST_GRACE_S)] = USUAL_GRACE_S
    dry_run: bool = False


class TenantDeletionHandlers:
    """The calls that delete a tenant, and take that back."""

    def __init__(self, deletion: TenantDeletion) -> None:
        self._deletion = deletion

    def operations(self) -> list[Operation]:
        """The two calls."""
        path = "/api/v2/tenants/{id}"
        return [
            Operation(
                method="DELETE",
                path=path,
                handle=self.delete,
                tag="Tenants",
                summary="Delete a tenant",
                scopes=(SCOPE,),
                query=DeletionQuery,
                answer=TenantDeletionAnswer,
                refusals=(400, 404),
            ),
            Operation(
                method="POST",
                path=f"{path}/restore",
                handle=self.restore,
                tag="Tenants",
                summary="Restore a tenant that is being deleted",
                scopes=(SCOPE,),
                answer=TenantAnswer,
            ),
        ]

    async def delete(self, request: web.Request) -> web.Response:
        """200 and what goes. The tenant issues no tokens from now on, and is deleted when the time of grace is over.

        Nothing of it is left then: its clients, APIs, client grants, rules with what they keep, keys, logs and records.
        Tokens that it issued are valid until they expire, but its keys are no longer published.
        """
        caller, name = caller_of(request), request.match_info["id"]
        query = query_of(request, DeletionQuery)
        answer = await self._deletion.delete(caller.tenant, name, grace_s=query.grace_s, dry_run=query.dry_run)
        if not query.dry_run:
            log.info("tenant is being deleted", id=name, by=caller.client_id, at=answer.deletes_at)
        return json_answer(answer, headers=NO_STORE)

    async def restore(self, request: web.Request) -> web.Response:
        """200 and the tenant, which is as it was before it was deleted."""
        caller, name = caller_of(request), request.match_info["id"]
        answer = await self._deletion.restore(caller.tenant, name)
        log.info("tenant restored", id=name, by=caller.client_id)
        return json_answer(answer, headers=NO_STORE)
