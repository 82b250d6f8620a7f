"""Changes of a taped request: ``client.metadata.plan=gold``, ``scope+=write``, ``request.query.trial-=``.

``request.body.seats:=10`` is JSON, because a body may have more than texts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.scopes import is_scope_token

MAX_CHANGES = 20
MAX_CHANGE_CHARACTERS = 2_048
Change = Annotated[str, Meta(min_length=2, max_length=MAX_CHANGE_CHARACTERS)]

_CHANGE = re.compile(r"(?P<path>[^=]+?)(?P<how>:=|\+=|-=|=)(?P<value>.*)", re.DOTALL)
_TEXTS = {"audience", "client.name", "request.ip", "request.user_agent", "request.hostname"}
_OF_JSON = "request.body"
_MAPS = ("client.metadata", "request.headers", "request.query", "request.body")
_SCOPES = ("scope", "request.requested_scopes")
WHAT_CAN_CHANGE = (
    f"{', '.join(_SCOPES)}, {', '.join(sorted(_TEXTS))}, and NAME in {', '.join(f'{name}.NAME' for name in _MAPS)}"
)


class Changed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One value of the request that was changed; null: there was or is none."""

    what: str
    before: Any
    after: Any


def changed(invocation: Invocation, changes: Sequence[str]) -> tuple[Invocation, list[Changed]]:
    """*invocation* with *changes*, and what each has changed.

    Raises:
        InvalidBodyError: one is no change, or changes what cannot be changed.
    """
    told = []
    for number, text in enumerate(changes):
        found = _CHANGE.fullmatch(text)
        field = f"set[{number}]"
        if found is None:
            raise InvalidBodyError("A change is NAME=VALUE, NAME+=VALUE, NAME-=VALUE or NAME:=JSON", field=field)
        path, how, value = found["path"].strip(), found["how"], found["value"]
        if path in _SCOPES and how != ":=":
            invocation, before, after = _with_scope(invocation, path, how, value, field)
        elif path in _TEXTS and how == "=":
            invocation, before, after = _with_text(invocation, path, value)
        elif (place := next((name for name in _MAPS if path.startswith(f"{name}.")), None)) and (
            how in {"=", "-="} or (how == ":=" and place == _OF_JSON)
        ):
            invocation, before, after = _with_entry(invocation, place, path[len(place) + 1 :], how, value, field)
        else:
            raise InvalidBodyError(_refusal(path, how), field=field)
        told.append(Changed(what=path, before=before, after=after))
    return invocation, told


def _refusal(path: str, how: str) -> str:
    """Say why *path* cannot be changed with *how*, and what can be."""
    if path in {*_SCOPES, *_TEXTS}:
        return f"{path} takes {'=, += and -=' if path in _SCOPES else '='}, and not {how}"
    if place := next((name for name in _MAPS if path.startswith(f"{name}.")), None):
        return f"{place}.NAME takes {'=, -= and :=' if place == _OF_JSON else '= and -='}, and not {how}"
    return f"{path[:64]} cannot be changed. You can change {WHAT_CAN_CHANGE}"


_Step = tuple[Invocation, Any, Any]


def _with_scope(invocation: Invocation, path: str, how: str, value: str, field: str) -> _Step:
    named = value.split()
    before = invocation.scope if path == "scope" else invocation.request.requested_scopes
    for name in named:
        if not is_scope_token(name):
            message = f"{name[:64]} is no scope: write printable ASCII without quotes and backslashes"
            raise InvalidBodyError(message, field=field)
    match how:
        case "+=":
            after = list(dict.fromkeys([*before, *named]))
        case "-=":
            after = [name for name in before if name not in named]
        case _:
            after = named
    told = " ".join(before), " ".join(after)
    if path == "scope":
        return msgspec.structs.replace(invocation, scope=after), *told
    request = msgspec.structs.replace(invocation.request, requested_scopes=after)
    return msgspec.structs.replace(invocation, request=request), *told


def _with_text(invocation: Invocation, path: str, value: str) -> _Step:
    place, _dot, name = path.rpartition(".")
    if not place:
        return msgspec.structs.replace(invocation, audience=value), invocation.audience, value
    record = getattr(invocation, place)
    replaced = msgspec.structs.replace(record, **{name: value})
    return msgspec.structs.replace(invocation, **{place: replaced}), getattr(record, name), value


def _with_entry(invocation: Invocation, place: str, name: str, how: str, value: str, field: str) -> _Step:
    if not name:
        raise InvalidBodyError(f"{place}. lacks a name: write {place}.NAME{how}", field=field)
    if how == "-=" and value:
        raise InvalidBodyError(f"To leave it out, write {place}.{name}-= and nothing after that", field=field)
    record_name, entries_name = place.split(".")
    record = getattr(invocation, record_name)
    entries: dict[str, Any] = dict(getattr(record, entries_name))
    name = name.lower() if entries_name == "headers" else name
    before = entries.pop(name, None)
    after = None if how == "-=" else value if how == "=" else _json_of(value, field)
    if after is not None:
        entries[name] = after
    replaced = msgspec.structs.replace(record, **{entries_name: entries})
    return msgspec.structs.replace(invocation, **{record_name: replaced}), before, after


def _json_of(text: str, field: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidBodyError(f"{text[:64]} is not JSON: write = in place of := for a text", field=field) from None
