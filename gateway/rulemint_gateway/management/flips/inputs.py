"""The inputs of a rule: which part of a token request an expression of its text reads, in any form of a rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from rulemint_shared.contract.messages import Invocation

_MAPS = {
    "metadata": "client.metadata",
    "client_metadata": "client.metadata",
    "body": "request.body",
    "headers": "request.headers",
    "query": "request.query",
}
_TEXTS = {
    "ip": "request.ip",
    "userAgent": "request.user_agent",
    "user_agent": "request.user_agent",
    "hostname": "request.hostname",
    "audience": "audience",
    "identifier": "audience",
}
_SCOPES = {
    "scope": "scope",
    "scopes": "scope",
    "target_scopes": "scope",
    "requested_scopes": "request.requested_scopes",
}
SCOPES = frozenset(_SCOPES.values())
ABSENT = msgspec.UNSET
ANYWHERE = "?"
"""The place of an entry that a rule reads from something that it was handed."""
_PLACES = ("client.metadata", "request.body", "request.headers", "request.query")


class Input(NamedTuple):
    """One part of the request."""

    place: str
    """``client.metadata``, ``request.body``, ``scope``, ``audience``."""
    name: str = ""
    """Of an entry of that; empty: all of it."""
    inner: tuple[str, ...] = ()
    """Names within the entry, which holds JSON."""

    @property
    def path(self) -> str:
        """Name it as a change does, as far as the entry."""
        return f"{self.place}.{self.name}" if self.name else self.place


def input_of(chain: Sequence[str]) -> Input | None:
    """The input that the names of *chain* read, such as ``client``, ``metadata``, ``plan``; None: it is not known."""
    for at, name in enumerate(chain):
        if (place := _MAPS.get(name)) is not None:
            rest = chain[at + 1 :]
            if rest and rest[0] in _MAPS and place == "request.body":
                continue
            entry = rest[0].lower() if rest and place == "request.headers" else "".join(rest[:1])
            return Input(place, entry, tuple(rest[1:]))
    last = chain[-1]
    if last in _SCOPES:
        return Input(_SCOPES[last])
    if last in _TEXTS:
        return Input(_TEXTS[last])
    if len(chain) > 1 and tuple(chain[-2:]) == ("client", "name"):
        return Input("client.name")
    return None


def entries_of(invocation: Invocation, place: str) -> dict[str, Any]:
    """The entries of a part of *invocation* that is a map; empty of any other."""
    match place:
        case "client.metadata":
            return dict(invocation.client.metadata)
        case "request.body":
            return dict(invocation.request.body)
        case "request.headers":
            return dict(invocation.request.headers)
        case "request.query":
            return dict(invocation.request.query)
        case _:
            return {}


def places_of(invocation: Invocation, read: Input) -> list[Input]:
    """*read* with its place. If only its name is known: where there is such an entry, or among the metadata."""
    if read.place != ANYWHERE:
        return [read]
    having = [place for place in _PLACES if read.name in entries_of(invocation, place)]
    return [read._replace(place=place) for place in having or _PLACES[:1]]


def value_of(invocation: Invocation, read: Input) -> Any:
    """The value of *read*, whole; `ABSENT`: there is none."""
    request = invocation.request
    texts = {
        "audience": invocation.audience,
        "client.name": invocation.client.name,
        "request.ip": request.ip,
        "request.user_agent": request.user_agent,
        "request.hostname": request.hostname,
    }
    if read.place in SCOPES:
        return invocation.scope if read.place == "scope" else request.requested_scopes
    if read.place in texts:
        return texts[read.place]
    return entries_of(invocation, read.place).get(read.name, ABSENT)


def inner_value(whole: Any, names: Sequence[str]) -> Any:
    """The value at *names* within *whole*, which is JSON or the text of it; `ABSENT`: there is none."""
    value = parsed(whole)
    for name in names:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value


def parsed(whole: Any) -> Any:
    """*whole*, or what its text holds if that is JSON."""
    if not isinstance(whole, str):
        return whole
    try:
        return msgspec.json.decode(whole)
    except (msgspec.DecodeError, RecursionError):
        return whole


def with_inner(whole: Any, names: Sequence[str], value: Any) -> Any:
    """*whole* as JSON, of which what is at *names* is *value*; without it, if that is `ABSENT`."""
    if not names:
        return value
    held = parsed(whole)
    if isinstance(held, list) and names[0].isdecimal() and int(names[0]) < len(held):
        at = int(names[0])
        return [*held[:at], with_inner(held[at], names[1:], value), *held[at + 1 :]]
    entries = dict(held) if isinstance(held, dict) else {}
    changed = with_inner(entries.get(names[0], ABSENT), names[1:], value)
    if changed is ABSENT:
        entries.pop(names[0], None)
    else:
        entries[names[0]] = changed
    return entries
