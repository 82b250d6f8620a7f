"""Audit each refused management call. A call that writes is audited by the store, in the transaction of the write."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Middleware

from rulemint_gateway.management.errors import ManagementError, QuotaError, ThrottledError, UnavailableError
from rulemint_gateway.stores.traffic.refused_calls import RefusedCalls
from rulemint_gateway.stores.writing.calls import CALL
from rulemint_gateway.stores.writing.record_quotas import QuotaExceededError
from rulemint_gateway.web.callers.throttling import THROTTLING
from rulemint_gateway.web.http.problems import Handler
from rulemint_shared.fairness.turns import NoTurnError

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


def audit_middleware(refused: RefusedCalls) -> Middleware:
    """Make the middleware. It also keeps one request's `Call` from the next one on the same connection.

    A throttled request waits for its turn. One record tells of all that were throttled at its address.
    """

    @web.middleware
    async def audit(request: web.Request, handler: Handler) -> web.StreamResponse:
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

    return audit


def _as_answered(refusal: ManagementError | QuotaExceededError | NoTurnError) -> ManagementError:
    match refusal:
        case ManagementError():
            return refusal
        case QuotaExceededError():
            return QuotaError(refusal.what, limit=refusal.limit, setting=refusal.setting)
        case NoTurnError():
            return UnavailableError("Too many calls of this tenant wait: send fewer at once, or try again")
