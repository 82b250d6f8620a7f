"""A token request's body → its parameters, at a cost that the largest body bounds, with anything in it.

Names and the few texts that say who asks are read first; see `Parameters` for the rest.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any, TypeVar
from urllib.parse import unquote_plus

import msgspec

from rulemint_gateway.oauth.errors import InvalidRequest
from rulemint_gateway.oauth.grant_types import TEXT_PARAMETERS
from rulemint_gateway.oauth.parameters import Parameters
from rulemint_gateway.oauth.token_request import repeated as repeated_error
from rulemint_shared.contract.travelling import check_travels

MAX_PARAMETERS = 200
MAX_VALUES = 1_000
MAX_NAME = 256
"""Characters of a parameter's name."""
MAX_ESCAPES = 2_000
"""Percent-escapes that are decoded for a client that is not known: each costs as much as 100 characters."""
_COME_AGAIN, _SHORT, _REMEMBERED = frozenset({"audience", "resource", "scope"}), 256, 1_024
"""Parameters whose decoded values are remembered, if they are of so few characters: clients send the same again."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NOT_JSON = "the body is not JSON"
_NOT_A_FORM = "the body is not a form: percent-encode UTF-8 names and values"

T = TypeVar("T")

_EARLY = msgspec.json.Decoder(
    msgspec.defstruct("_Early", [(name, msgspec.Raw, msgspec.Raw(b"")) for name in TEXT_PARAMETERS])
)
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str | None)
_NAMES = msgspec.json.Decoder(str)
_VALUE = msgspec.json.Decoder()
_STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_NAME = re.compile(rb"[ \t\r\n,{]*+(" + _STRING + rb")[ \t\r\n]*+:[ \t\r\n]*+")
_END = re.compile(rb"[ \t\r\n{]*+\}[ \t\r\n]*+\Z")
_STRINGS = re.compile(_STRING)


def json_parameters(body: bytes) -> Parameters:
    """The members of a JSON object.

    Raises:
        InvalidRequest: it is none, has too many, or has one twice.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)  # as Python's and other parsers do
    if _may_have_very_many(body):
        found = msgspec.structs.asdict(_object(_EARLY, body))
        early = {name: _text(raw) for name, raw in found.items() if bytes(raw)}
        return Parameters(early, partial(_checked_values, body))
    members = _object(_MEMBERS, body)
    _check_members(body, members)
    early = {name: _text(members[name]) for name in TEXT_PARAMETERS if name in members}
    return Parameters(early, partial(_values, body))


def _may_have_very_many(body: bytes) -> bool:
    """True if telling its members apart would cost much: that waits until the client is known. A text may look so."""
    return min(body.count(b":"), body.count(b","), body.count(b'"') // 2) > MAX_PARAMETERS + MAX_VALUES


def _object(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise InvalidRequest("the body must be a JSON object") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise InvalidRequest(_NOT_JSON) from None


def _checked_values(body: bytes) -> dict[str, Any]:
    """As `_values`, of a body whose members nobody has counted."""
    _check_members(body, _object(_MEMBERS, body))
    return _values(body)


def _check_members(body: bytes, members: dict[str, msgspec.Raw]) -> None:
    _check_count(len(members))
    if any(len(name) > MAX_NAME for name in members):
        raise InvalidRequest(f"the name of a parameter is longer than {MAX_NAME} characters")
    if (repeated := _repeated(body, members)) is not None:
        raise repeated_error(repeated)


def form_parameters(body: bytes) -> Parameters:
    """The fields of a form.

    Raises:
        InvalidRequest: it is none, has too many, or has one twice.
    """
    try:
        text = body.decode("ascii")
        fields = _fields(text)
        if text.count("%") <= MAX_ESCAPES:
            values = _decoded(fields)
            return Parameters(values, partial(dict, values))
        early = {name: _unescaped(fields[name]) for name in TEXT_PARAMETERS if name in fields}
    except UnicodeError:
        raise InvalidRequest(_NOT_A_FORM) from None
    return Parameters(early, partial(_unescaped_all, fields))


def _fields(text: str) -> dict[str, str]:
    """Names, decoded, and values as they came."""
    _check_count(text.count("&") + 1)
    fields: dict[str, str] = {}
    escapes = 0
    for field in text.split("&"):
        if not field:
            continue
        name, _, value = field.partition("=")
        if "%" in name or "+" in name:
            escapes += name.count("%")
            if escapes > MAX_ESCAPES:
                raise InvalidRequest(f"the names of the parameters have more than {MAX_ESCAPES} percent-escapes")
            name = unquote_plus(name, errors="strict")
        if name in fields:
            raise repeated_error(name)
        fields[name] = value
    return fields


def _decoded(fields: dict[str, str]) -> dict[str, Any]:
    """*fields* with their values decoded. Most have nothing to decode, and to see that is quicker than to ask."""
    return {
        name: _decoded_value(name, value) if "%" in value or "+" in value else value for name, value in fields.items()
    }


def _decoded_value(name: str, value: str) -> str:
    if name in _COME_AGAIN and len(value) <= _SHORT:
        return _decoded_again(value)
    return unquote_plus(value, errors="strict")


@lru_cache(maxsize=_REMEMBERED)
def _decoded_again(value: str) -> str:
    return unquote_plus(value, errors="strict")


def _unescaped(value: str) -> str:
    if value.count("%") > MAX_ESCAPES:
        raise InvalidRequest(f"a parameter has more than {MAX_ESCAPES} percent-escapes")
    return unquote_plus(value, errors="strict")


def _unescaped_all(fields: dict[str, str]) -> dict[str, Any]:
    try:
        return _decoded(fields)
    except UnicodeError:
        raise InvalidRequest(_NOT_A_FORM) from None


def _repeated(body: bytes, members: dict[str, msgspec.Raw]) -> str | None:
    """A name that *body* has twice (RFC 6749 §3.2), of which *members* has the last value in the first one's place.

    Without one, the members stand in *body* one behind the other, as they are.
    """
    at, name = 0, ""
    for name, raw in members.items():
        value = bytes(raw)
        written = _NAME.match(body, at)
        if written is None:
            return name  # what stands here is longer than its last value
        if (here := _NAMES.decode(written[1])) != name:
            return here
        at = written.end()
        if not body.startswith(value, at):
            return name
        at += len(value)
    if _END.match(body, at):
        return None
    more = _NAME.match(body, at)
    return name if more is None else _NAMES.decode(more[1])


def _text(raw: msgspec.Raw) -> Any:
    """The text, or None for null; of a list only that it is one, and of all else that it is none of these."""
    try:
        return _TEXT.decode(raw)
    except msgspec.ValidationError:
        return [] if bytes(raw)[:1] == b"[" else False
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidRequest(_NOT_JSON) from None


def _values(body: bytes) -> dict[str, Any]:
    """All members with all that is in them.

    Raises:
        InvalidRequest: there are too many values, or one could not be handed on.
    """
    most = _most_values(body)
    if most > MAX_VALUES:
        most = _most_values(_STRINGS.sub(b"", body))
    if most > 2 * MAX_VALUES:
        raise _too_many_values()
    try:
        parameters: dict[str, Any] = _VALUE.decode(body)
        check_travels(parameters)
    except msgspec.ValidationError:
        raise InvalidRequest("the body has a number that is too large") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InvalidRequest(_NOT_JSON) from None
    except RecursionError:
        raise InvalidRequest("the body has something that is nested too deep") from None
    except ValueError as error:
        raise InvalidRequest(f"the body has {error}") from None
    if most > MAX_VALUES and _count(parameters) > MAX_VALUES:
        raise _too_many_values()
    return parameters


def _most_values(body: bytes) -> int:
    """No fewer values than *body* has: each comes after a comma or first in something; an empty one counts twice."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_count, value.values()))
    return len(value) + sum(map(_count, value)) if isinstance(value, list) else 0


def _check_count(parameters: int) -> None:
    if parameters > MAX_PARAMETERS:
        raise InvalidRequest(f"there are more than {MAX_PARAMETERS} parameters")


def _too_many_values() -> InvalidRequest:
    return InvalidRequest(f"the body has more than {MAX_VALUES} values")
