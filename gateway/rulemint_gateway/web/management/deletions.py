"""``POST /api/v2/config/deletions``: what a configuration file no longer has is deleted at once, or not at all."""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web

from rulemint_gateway.management.deletions import (
    ClientDeletion,
    ClientGrantDeletion,
    DeletedAnswer,
    DeleteRecords,
    Deletion,
    Deletions,
    ResourceServerDeletion,
    RuleDeletion,
    RuleSecretsDeletion,
)
from rulemint_gateway.web.callers.permitted import caller_of, require_scope
from rulemint_gateway.web.http.bodies import read_json
from rulemint_gateway.web.http.idempotency import once
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer

log = structlog.get_logger(__name__)

_SCOPES: dict[type[Any], str] = {
    ClientDeletion: "delete:clients",
    ResourceServerDeletion: "delete:resource_servers",
    ClientGrantDeletion: "delete:client_grants",
    RuleDeletion: "delete:rules",
    RuleSecretsDeletion: "update:rules",
}
"""Those of the calls that delete one at a time."""


class DeletionHandlers:
    """Deletes many records in one transaction."""

    def __init__(self, deletions: Deletions) -> None:
        self._deletions = deletions

    def operations(self) -> list[Operation]:
        """The one call."""
        return [
            Operation(
                method="POST",
                path="/api/v2/config/deletions",
                handle=self.delete,
                tag="Configuration",
                summary="Delete many records, all or none",
                scopes=tuple(_SCOPES.values()),
                any_scope=True,
                body=DeleteRecords,
                answer=DeletedAnswer,
                idempotent=True,
                refusals=(412,),
            )
        ]

    async def delete(self, request: web.Request) -> web.Response:
        """200 if all were deleted; 412 if one is gone or not what its ETag says, and then none was.

        Each noun needs the scope that deletes one of it; secrets of a rule need ``update:rules``.
        """
        caller = caller_of(request)
        body = await read_json(request, DeleteRecords)
        for scope in _scopes_for(body.deletions):
            require_scope(request, scope)

        async def make() -> web.Response:
            deleted = await self._deletions.delete(caller.tenant, body.deletions)
            log.info("records deleted", tenant=caller.tenant, by=caller.client_id, count=deleted.deleted)
            return json_answer(deleted, headers=NO_STORE)

        return await once(request, body, make)


def _scopes_for(deletions: list[Deletion]) -> dict[str, None]:
    return dict.fromkeys(_SCOPES[type(deletion)] for deletion in deletions)
