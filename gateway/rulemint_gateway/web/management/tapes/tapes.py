"""``/api/v2/exchanges/{id}/tape`` and ``/api/v2/tapes``: what rules were given and told."""

from __future__ import annotations

from typing import Annotated

import msgspec
import structlog
from aiohttp import web
from msgspec import Meta

from rulemint_gateway.management.tapes.answers import DeletedTapes, TapeAnswer
from rulemint_gateway.management.tapes.tapes import Tapes
from rulemint_gateway.web.callers.permitted import caller_of
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import NO_STORE, json_answer
from rulemint_gateway.web.http.queries import query_of

log = structlog.get_logger(__name__)

READ, DELETE = "read:exchange_inputs", "delete:exchange_inputs"
_Id = Annotated[str, Meta(min_length=1, max_length=128)]


class TapesQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tapes to delete: of a client, of a rule, of both together; without either, all."""

    client_id: _Id | None = None
    rule_id: _Id | None = None


class TapeHandlers:
    """The calls about tapes."""

    def __init__(self, tapes: Tapes) -> None:
        self._tapes = tapes

    def operations(self) -> list[Operation]:
        """The calls about tapes."""
        return [
            Operation(
                method="GET",
                path="/api/v2/exchanges/{id}/tape",
                handle=self.read,
                tag="Tapes",
                summary="Read the tape of a token request",
                scopes=(READ,),
                answer=TapeAnswer,
                refusals=(404, 409),
            ),
            Operation(
                method="DELETE",
                path="/api/v2/exchanges/{id}/tape",
                handle=self.delete,
                tag="Tapes",
                summary="Delete the tape of a token request",
                scopes=(DELETE,),
                status=204,
            ),
            Operation(
                method="DELETE",
                path="/api/v2/tapes",
                handle=self.delete_all,
                tag="Tapes",
                summary="Delete the tapes of a client, of a rule, or all",
                scopes=(DELETE,),
                query=TapesQuery,
                answer=DeletedTapes,
            ),
        ]

    async def read(self, request: web.Request) -> web.Response:
        """200 and the tape. Secrets are masked on it, and of random bytes only their number is shown.

        404: the request left no tape, or it is no longer kept. 409: its tape is of another format.
        """
        caller = caller_of(request)
        exchange_id = request.match_info["id"]
        answer = await self._tapes.read(caller.tenant, exchange_id)
        log.info("tape read", tenant=caller.tenant, by=caller.client_id, exchange=answer.exchange_id)
        return json_answer(answer, headers=NO_STORE)

    async def delete(self, request: web.Request) -> web.Response:
        """204, also if there is no tape."""
        caller = caller_of(request)
        await self._tapes.delete(caller.tenant, request.match_info["id"])
        return web.Response(status=204)

    async def delete_all(self, request: web.Request) -> web.Response:
        """200 and how many were deleted. Exchange records and the log stay as they are."""
        caller = caller_of(request)
        query = query_of(request, TapesQuery)
        answer = await self._tapes.delete_all(
            caller.tenant, client_id=query.client_id or "", rule_id=query.rule_id or ""
        )
        return json_answer(answer, headers=NO_STORE)
