"""``GET /api/v2/openapi.json`` and ``GET /docs/api``: what the service can be asked, for programs and for people."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from rulemint_gateway.stores.catalog.catalog import Catalog
from rulemint_gateway.web.callers.issuers import issuer_of
from rulemint_gateway.web.callers.tenancy import tenant_of
from rulemint_gateway.web.http.cacheable import cacheable_answer
from rulemint_gateway.web.http.html_pages import page_answer
from rulemint_gateway.web.http.operations import Operation
from rulemint_gateway.web.openapi.document import at_issuer, document
from rulemint_gateway.web.openapi.look import REFERENCE
from rulemint_gateway.web.openapi.page import at, page


@dataclass(frozen=True)
class _Made:
    document: dict[str, Any]
    page: str


class Documentation:
    """The description of some operations, and of its own two. It is made when somebody first reads it.

    At the start it would take a fifth of the processor time, and most gateways are never asked for it.
    """

    def __init__(self, catalog: Catalog, described: Sequence[Operation]) -> None:
        self._catalog = catalog
        self._described = described
        self._making = asyncio.Lock()
        self._both: _Made | None = None

    def operations(self) -> list[Operation]:
        """The document and the page."""
        return [
            Operation(
                method="GET",
                path="/api/v2/openapi.json",
                handle=self.document,
                tag="Documentation",
                summary="Read the OpenAPI document",
                answer=dict[str, Any],
                etag=True,
            ),
            Operation(
                method="GET",
                path="/docs/api",
                handle=self.page,
                tag="Documentation",
                summary="Read this page",
                answer=str,
                answers=("text/html",),
            ),
        ]

    async def document(self, request: web.Request) -> web.Response:
        """200 and the document, for the issuer of the tenant."""
        issuer = issuer_of(request, tenant_of(request, self._catalog))
        return cacheable_answer(request, at_issuer((await self._made()).document, issuer))

    async def page(self, request: web.Request) -> web.Response:
        """200 and the page, with the address of the tenant in its examples."""
        issuer = issuer_of(request, tenant_of(request, self._catalog))
        return page_answer(at((await self._made()).page, issuer), look=REFERENCE)

    async def _made(self) -> _Made:
        """Both, made in a thread, so that tokens can be asked for in the meantime."""
        async with self._making:
            if self._both is None:
                self._both = await asyncio.to_thread(_make, [*self._described, *self.operations()])
            return self._both


def _make(operations: Sequence[Operation]) -> _Made:
    made = document(operations)
    return _Made(made, page(made))
