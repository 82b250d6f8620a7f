"""ETags and If-Match: a change is made only to the record that its caller has read (RFC 9110 §8.8.3, §13.1.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import ETag, web

from rulemint_gateway.management.errors import ChangedSinceError, NotFoundError
from rulemint_gateway.management.etags import etag_of
from rulemint_gateway.stores.calls import CALL


def etag_header(record: Mapping[str, Any]) -> dict[str, str]:
    """The header of an answer that shows *record*."""
    return {"ETag": f'"{etag_of(record)}"'}


def require_match(request: web.Request, read: Callable[[], Awaitable[Mapping[str, Any]]]) -> None:
    """Let the write of this call succeed only if what *read* shows in the same transaction matches If-Match."""
    wanted, call = request.if_match, CALL.get()
    if wanted is None or call is None:
        return

    async def check() -> None:
        try:
            record = await read()
        except NotFoundError:
            raise ChangedSinceError from None
        if not any(_matches(etag, record) for etag in wanted):
            raise ChangedSinceError

    call.precondition = check


def _matches(etag: ETag, record: Mapping[str, Any]) -> bool:
    """By the strong comparison: a weak tag never matches."""
    return not etag.is_weak and etag.value in {"*", etag_of(record)}
