"""The parameters ``no_check`` and ``force`` of calls that make versions, and the header that warns their callers."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.stores.writing.calls import warning

NO_CHECK, FORCE = "no_check", "force"
WARNING = "Rulemint-Warning"
_MAKES_VERSIONS = frozenset({"POST", "PATCH", "PUT"})


def asks_for_no_check(request: web.Request) -> bool:
    """Tell whether versions are to go live that no host has loaded.

    Raises:
        InvalidBodyError: the parameter is neither true nor false.
    """
    return _flag(request, NO_CHECK)


def asks_for_force(request: web.Request) -> bool:
    """Tell whether versions are to go live whose cases do not hold. A call that deletes has a ``force`` of its own.

    Raises:
        InvalidBodyError: the parameter is neither true nor false.
    """
    return request.method in _MAKES_VERSIONS and _flag(request, FORCE)


def audited_path(request: web.Request, *, no_check: bool, force: bool) -> str:
    """Return the path as the log of the tenant has it, with those of the two parameters that are true."""
    asked = [f"{name}=true" for name, given in ((NO_CHECK, no_check), (FORCE, force)) if given]
    return f"{request.path}?{'&'.join(asked)}" if asked else request.path


def _flag(request: web.Request, name: str) -> bool:
    asked = request.query.get(name, "false")
    if asked not in {"true", "false"}:
        message = f"Query validation error: {name} is true or false"
        raise InvalidBodyError(message, field=name, code="invalid_query_string")
    return asked == "true"


async def warn(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the warning of the call into the header of *response*: answers to `wt` have no other place for it."""
    text = warning()
    if isinstance(text, str):
        response.headers[WARNING] = " ".join(text.encode("ascii", "replace").decode().split())
