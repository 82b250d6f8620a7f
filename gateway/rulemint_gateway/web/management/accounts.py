"""Every management call is accounted for: what it wrote by the store, what it was refused by this middleware."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Middleware

from rulemint_gateway.management.errors import ManagementError, QuotaError, ThrottledError, UnavailableError
from rulemint_gateway.stores.calls import CALL
from rulemint_gateway.stores.quotas import QuotaExceededError
from rulemint_gateway.stores.refused_calls import RefusedCalls
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.http.problems import Handler
from rulemint_shared.turns import NoTurnError

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def accounting(refused: RefusedCalls) -> Middleware:
    """The middleware that keeps one request's `Call` from the next on the same connection, and records refusals.

    A throttled one waits for its turn, and is told of with others of its address.
    """

    @web.middleware
    async def account(request: web.Request, handler: Handler) -> web.StreamResponse:
        before = CALL.set(None)
        try:
            return await handler(request)
        except (ManagementError, QuotaExceededError, NoTurnError) as refusal:
            error = _as_answered(refusal)
            call = CALL.get()
            if isinstance(error, ThrottledError):
                await request.app[THROTTLING].hold(request, error.throttled)
            elif call is not None and request.method not in _READING:
                await refused.record(call, status=error.status, error=error.message)
            raise error from None
        finally:
            CALL.reset(before)

    return account


def _as_answered(refusal: ManagementError | QuotaExceededError | NoTurnError) -> ManagementError:
    match refusal:
        case ManagementError():
            return refusal
        case QuotaExceededError():
            return QuotaError(refusal.what, limit=refusal.limit, setting=refusal.setting)
        case NoTurnError():
            return UnavailableError("Too much of this tenant waits: send less at once, or try again")
