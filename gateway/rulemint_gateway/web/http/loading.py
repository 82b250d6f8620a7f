"""The parameter ``no_check`` of calls that make versions, and the header that warns their callers."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.stores.writing.calls import warning

NO_CHECK = "no_check"
WARNING = "Rulemint-Warning"


def asks_for_no_check(request: web.Request) -> bool:
    """Tell whether versions are to go live that no host has loaded.

    Raises:
        InvalidBodyError: the parameter is neither true nor false.
    """
    asked = request.query.get(NO_CHECK, "false")
    if asked not in {"true", "false"}:
        message = f"Query validation error: {NO_CHECK} is true or false"
        raise InvalidBodyError(message, field=NO_CHECK, code="invalid_query_string")
    return asked == "true"


async def warn(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the warning of the call into the header of *response*: answers to `wt` have no other place for it."""
    text = warning()
    if isinstance(text, str):
        response.headers[WARNING] = " ".join(text.encode("ascii", "replace").decode().split())
