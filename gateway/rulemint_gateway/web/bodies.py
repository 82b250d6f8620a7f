"""Request bodies: bounded, of a content type that we read, decoded into values or refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.oauth.errors import InvalidRequest, RequestTooLarge, UnsupportedMediaType
from rulemint_gateway.oauth.token_request import repeated
from rulemint_gateway.web.early_body import early_body
from rulemint_shared.codecs import check_travels

MAX_TOKEN_BODY_BYTES = 64 * 1024
MAX_MANAGEMENT_BODY_BYTES = 1024 * 1024
MAX_PARAMETERS = 200
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

T = TypeVar("T")


class _TooLargeError(Exception):
    """The body is larger than the limit."""


async def read_parameters(request: web.Request) -> dict[str, Any]:
    """The parameters of a token request, from a form or JSON.

    Raises:
        OAuthError: `RequestTooLarge`, `UnsupportedMediaType`, or `InvalidRequest` for a repeated parameter, a
            body that is not what its content type says, or a value that could not be handed on.
    """
    try:
        body = await _read(request, MAX_TOKEN_BODY_BYTES)
    except _TooLargeError:
        raise RequestTooLarge(f"the body is larger than {MAX_TOKEN_BODY_BYTES} bytes") from None
    if request.content_type == FORM:
        return _form_parameters(body)
    if request.content_type == JSON:
        return _json_parameters(body)
    raise UnsupportedMediaType(f"the Content-Type must be {FORM} or {JSON}")


async def read_json(request: web.Request, wanted: type[T]) -> T:
    """The body of a management call as *wanted*, a bounded type.

    Raises:
        InvalidBodyError: it is none; the text names the field.
    """
    if request.content_type != JSON:
        raise InvalidBodyError(f"The Content-Type must be {JSON}")
    try:
        body = await _read(request, MAX_MANAGEMENT_BODY_BYTES)
    except _TooLargeError:
        raise InvalidBodyError(f"The body is larger than {MAX_MANAGEMENT_BODY_BYTES} bytes") from None
    try:
        return _decoded(body, wanted)
    except msgspec.ValidationError as error:
        raise _explain(str(error)) from None
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


async def _read(request: web.Request, limit: int) -> bytes:
    """The whole body, never more than *limit* bytes of it."""
    if request.content_length is not None and request.content_length > limit:
        raise _TooLargeError
    body = bytearray(early_body(request))
    if len(body) > limit:
        raise _TooLargeError
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise _TooLargeError
    return bytes(body)


def _form_parameters(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise InvalidRequest("the body is not a form: percent-encode UTF-8 names and values") from None
    return _once(pairs)


def _json_parameters(body: bytes) -> dict[str, Any]:
    """JSON's members; the standard library's parser, because it shows a repeated one."""
    try:
        decoded = json.loads(body, object_pairs_hook=_Members, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidRequest("the body is not JSON") from None
    if not isinstance(decoded, _Members):
        raise InvalidRequest("the body must be a JSON object")
    try:
        parameters = {name: _plain(value) for name, value in _once(decoded).items()}
        check_travels(parameters)
    except RecursionError:
        raise InvalidRequest("the body has something that is nested too deep") from None
    except ValueError as error:
        raise InvalidRequest(f"the body has {error}") from None
    return parameters


class _Members(list[tuple[str, Any]]):
    """A JSON object as it was written, repeated members included."""


def _plain(value: Any) -> Any:
    if isinstance(value, _Members):
        return {name: _plain(item) for name, item in value}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a mapping: no parameter may come twice (RFC 6749 §3.2)."""
    if len(pairs) > MAX_PARAMETERS:
        raise InvalidRequest(f"there are more than {MAX_PARAMETERS} parameters")
    parameters: dict[str, Any] = {}
    for name, value in pairs:
        if name in parameters:
            raise repeated(name)
        parameters[name] = value
    return parameters


def _explain(message: str) -> InvalidBodyError:
    """msgspec's ``Expected `str`, got `int` - at `$.name` `` with the field told apart; a key's field is its object."""
    reason, _, path = message.replace(" - at `key` in `$", " - at `$").partition(" - at `$")
    field = path.rstrip("`").lstrip(".") or None
    if reason.startswith("Object contains unknown field"):
        unknown = ".".join(filter(None, (field, reason.split("`")[1])))
        return InvalidBodyError(f"Additional properties not allowed: {unknown}", field=unknown)
    if reason.startswith("Object missing required field"):
        missing = ".".join(filter(None, (field, reason.split("`")[1])))
        return InvalidBodyError(f"Missing required property: {missing}", field=missing)
    where = f" on property {field}" if field else ""
    return InvalidBodyError(f"Payload validation error: '{reason}'{where}", field=field)
