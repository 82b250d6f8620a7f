"""``Idempotency-Key`` on creates: the same key and body within a day get the same answer, and make one record."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import structlog
from aiohttp import web

from rulemint_gateway.management.errors import ConflictError, InvalidBodyError, KeyReuseError
from rulemint_gateway.stores.writing.calls import CALL, Once
from rulemint_gateway.stores.writing.config_store import StoreUnavailableError, TakenOverError
from rulemint_gateway.stores.writing.idempotency import IdempotencyStore, KeptAnswer, KeyInUseError, KeyReusedError
from rulemint_gateway.web.http.problems import NO_STORE, encoded_answer

log = structlog.get_logger(__name__)

HEADER = "Idempotency-Key"
MAX_KEY = 255
KEY_PATTERN = "^[!-~]+$"
_KEY = re.compile(f"[!-~]{{1,{MAX_KEY}}}")
IDEMPOTENCY = web.AppKey("idempotency", IdempotencyStore)


async def once(request: web.Request, body: Any, make: Callable[[], Awaitable[web.Response]]) -> web.Response:
    """Answer as *make* does; with a key, as it did when the key and *body* came first.

    Only the answer of a create that succeeded is kept: one that was refused has made nothing and may be sent again.

    Raises:
        ManagementError: `KeyReuseError` for another body, `ConflictError` while the first call is under way or when
            its answer was lost, and all that *make* raises.
    """
    key, call = request.headers.get(HEADER), CALL.get()
    if key is None or call is None:
        return await make()
    if not _KEY.fullmatch(key):
        message = f"{HEADER} must have 1 to {MAX_KEY} printable ASCII characters, and no space"
        raise InvalidBodyError(message, code="invalid_header")
    store = request.app[IDEMPOTENCY]
    begun = await _begin(store, call.tenant, (call.client_id, call.path, key), msgspec.json.encode(body))
    if isinstance(begun, KeptAnswer):
        return encoded_answer(begun.body, status=begun.status, headers=_replay_headers(begun.etag))
    call.once = begun
    try:
        answer = await make()
    except TakenOverError:
        raise _in_use() from None
    finally:
        if not begun.is_committed:  # nothing was made, so the same key may be sent again
            await _give_up(store, begun)
    await _keep(store, begun, answer)
    return answer


async def _begin(store: IdempotencyStore, tenant: str, key: tuple[str, ...], body: bytes) -> Once | KeptAnswer:
    try:
        return await store.begin(tenant, key, body)
    except KeyReusedError:
        raise KeyReuseError from None
    except KeyInUseError as error:
        raise (_answer_lost() if error.committed else _in_use()) from None


async def _keep(store: IdempotencyStore, once: Once, answer: web.Response) -> None:
    body = answer.body if isinstance(answer.body, bytes) else b""
    try:
        await store.answer(once, KeptAnswer(answer.status, body, answer.headers.get("ETag", "")))
    except StoreUnavailableError as error:
        log.warning("the answer of an idempotent create is lost", error=str(error))


async def _give_up(store: IdempotencyStore, once: Once) -> None:
    try:
        await store.give_up(once)
    except StoreUnavailableError as error:
        log.warning("an idempotency key stays taken for a while", error=str(error))


def _replay_headers(etag: str) -> dict[str, str]:
    headers = {**NO_STORE, "Idempotent-Replayed": "true"}
    return {**headers, "ETag": etag} if etag else headers


def _in_use() -> ConflictError:
    message = f"A request with this {HEADER} is under way: wait for its answer, or try again"
    return ConflictError(message, code="idempotency_key_in_use")


def _answer_lost() -> ConflictError:
    message = f"The request with this {HEADER} was done, but its answer is lost: look for what it made"
    return ConflictError(message, code="idempotent_answer_lost")
