"""``GET /api/v2/openapi.json`` and ``GET /docs/api``: what the service can be asked, for programs and for people."""

from __future__ import annotations

from collections.abc import Sequence
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


class Documentation:
    """The description of some operations, and of its own two."""

    def __init__(self, catalog: Catalog, described: Sequence[Operation]) -> None:
        self._catalog = catalog
        self._document = document([*described, *self.operations()])
        self._page = page(self._document)

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
        return cacheable_answer(request, at_issuer(self._document, issuer))

    async def page(self, request: web.Request) -> web.Response:
        """200 and the page, with the address of the tenant in its examples."""
        return page_answer(at(self._page, issuer_of(request, tenant_of(request, self._catalog))), look=REFERENCE)
