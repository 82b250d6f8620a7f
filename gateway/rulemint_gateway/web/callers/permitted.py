"""Calls an operation for those who hold the scopes that it declares, and for nobody else."""

from __future__ import annotations

from aiohttp import web

from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.bearer import AuthorizedCaller, authorize, authorize_any
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.http.problems import Handler

_CALLER = web.RequestKey("caller", AuthorizedCaller)
_CATALOG = web.RequestKey("catalog", Catalog)


def caller_of(request: web.Request) -> AuthorizedCaller:
    """Return who calls an operation that declares scopes."""
    return request[_CALLER]


def require_scope(request: web.Request, scope: str) -> None:
    """Refuse what the body of a call asks for, if that takes *scope* and the caller does not hold it.

    Raises:
        ManagementError: as `authorize`.
    """
    authorize(request, request[_CATALOG], scope=scope)


def permitted(operation: Operation, catalog: Catalog) -> Handler:
    """Return the handler of *operation*, which runs for callers with its scopes; without scopes, for anybody."""
    if not operation.scopes:
        return operation.handle

    async def handle_permitted(request: web.Request) -> web.StreamResponse:
        request[_CATALOG] = catalog
        if operation.any_scope:
            request[_CALLER] = authorize_any(request, catalog, scopes=operation.scopes)
        else:
            for scope in operation.scopes:
                request[_CALLER] = authorize(request, catalog, scope=scope)
        return await operation.handle(request)

    return handle_permitted
