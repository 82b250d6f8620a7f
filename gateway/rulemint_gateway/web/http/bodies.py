"""Bodies of management calls: bounded JSON, decoded into structs or refused."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from aiohttp import web
from msgspec import UNSET

from rulemint_gateway.management.errors import InvalidBodyError, UnreadableError
from rulemint_gateway.web.http.arrivals import TooLargeError, UnusableBodyError, body_of
from rulemint_shared.wrong_values import AN_ENTRY, WrongValue, in_words

MAX_MANAGEMENT_BODY_BYTES = 1024 * 1024
JSON = "application/json"

T = TypeVar("T")


async def read_json(request: web.Request, wanted: type[T]) -> T:
    """The body of a management call as *wanted*, a bounded type.

    Raises:
        ManagementError: `UnreadableError`, or `InvalidBodyError`: it is none, and the text names the field.
        ClientGoneError: the client left before it had sent everything.
    """
    if request.content_type != JSON:
        raise InvalidBodyError(f"The Content-Type must be {JSON}")
    try:
        body = await body_of(request, MAX_MANAGEMENT_BODY_BYTES)
    except TooLargeError as error:
        raise InvalidBodyError(_sentence(error)) from None
    except UnusableBodyError as error:
        raise UnreadableError(_sentence(error), status=error.status, code="unreadable_body") from None
    try:
        return _decoded(body, wanted)
    except msgspec.ValidationError as error:
        raise _explained(error, body, wanted) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidBodyError(f"The body is not JSON: {error}") from None
    except UnicodeDecodeError:
        raise InvalidBodyError("The body is not JSON: it holds bytes that are not UTF-8") from None


def _decoded(body: bytes, wanted: type[T]) -> T:
    """*body* as *wanted*; 1.0 is an integer too, as some languages write it (JSON Schema 2020-12 §6.1.1)."""
    try:
        return msgspec.json.decode(body, type=wanted)
    except msgspec.ValidationError as error:
        if "got `float`" not in str(error):
            raise
        return msgspec.convert(_with_integers(msgspec.json.decode(body)), wanted)


def _with_integers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _with_integers(item) for name, item in value.items()}
    return [_with_integers(item) for item in value] if isinstance(value, list) else value


def _explained(error: msgspec.ValidationError, body: bytes, wanted: type[Any]) -> InvalidBodyError:
    """Say it in the sentences of Auth0's API, with our words for what is wrong; a key's field is its object."""
    wrong = WrongValue.of(error)
    if wrong.unknown is not None:
        unknown = wrong.within(wrong.unknown)
        return InvalidBodyError(f"Additional properties not allowed: {unknown}", field=unknown)
    if wrong.missing is not None:
        missing = wrong.within(wrong.missing)
        return InvalidBodyError(f"Missing required property: {missing}", field=missing)
    field, entry, _ = wrong.field.partition(AN_ENTRY)
    where = f" on property {field}" if field else ""
    if entry:
        where = f" on an entry of {field or 'the body'}"
    reason = in_words(wrong, kind=wanted, value=_plain(body))
    return InvalidBodyError(f"Payload validation error: '{reason}'{where}", field=field or None)


def _plain(body: bytes) -> Any:
    """*body* as it came; UNSET if what follows the wrong value is not JSON at all."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return UNSET


def _sentence(error: UnusableBodyError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]
