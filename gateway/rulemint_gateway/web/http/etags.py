"""ETags and If-Match: a change is made only to the record that its caller has read (RFC 9110 §8.8.3, §13.1.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import ETag, web

from rulemint_gateway.management.errors import ChangedSinceError, NotFoundError
from rulemint_gateway.management.nouns.etags import Shown, etag_of
from rulemint_gateway.stores.writing.calls import CALL


def etag_header(shown: Shown[msgspec.Struct]) -> dict[str, str]:
    """The header of an answer that shows the record."""
    return {"ETag": f'"{etag_of(shown)}"'}


def require_match(
    request: web.Request,
    read: Callable[[], Awaitable[Shown[msgspec.Struct]]],
    *,
    refusal: Callable[[], ChangedSinceError] = ChangedSinceError,
) -> None:
    """Let the write of this call succeed only if what *read* shows in the same transaction matches If-Match.

    *refusal* makes the error of a write that does not.
    """
    wanted, call = request.if_match, CALL.get()
    if wanted is None or call is None:
        return

    async def check() -> None:
        try:
            shown = await read()
        except NotFoundError:
            raise refusal() from None
        if not any(_matches(etag, shown) for etag in wanted):
            raise refusal()

    call.precondition = check


def _matches(etag: ETag, shown: Shown[msgspec.Struct]) -> bool:
    """By the strong comparison: a weak tag never matches."""
    return not etag.is_weak and etag.value in {"*", etag_of(shown)}
