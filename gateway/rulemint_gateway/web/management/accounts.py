"""Every management call is accounted for: what it wrote by the store, what it was refused by this middleware."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Middleware

from rulemint_gateway.management.errors import ManagementError, QuotaError, ThrottledError, UnavailableError
from rulemint_gateway.stores.calls import CALL
from rulemint_gateway.stores.quotas import QuotaExceededError
from rulemint_gateway.stores.refused_calls import RefusedCalls
from rulemint_gateway.web.problems import Handler
from rulemint_gateway.web.throttling import THROTTLING
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
            return await _handled(request, handler)
        except ThrottledError as error:
            await request.app[THROTTLING].hold(request, error.throttled)
            raise
        except ManagementError as error:
            call = CALL.get()
            if call is not None and request.method not in _READING:
                await refused.record(call, status=error.status, error=error.message)
            raise
        finally:
            CALL.reset(before)

    return account


async def _handled(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except QuotaExceededError as error:
        raise QuotaError(error.what, limit=error.limit, setting=error.setting) from None
    except NoTurnError:
        raise UnavailableError("Too much of this tenant waits: send less at once, or try again") from None
