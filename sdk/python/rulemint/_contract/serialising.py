# Made by sdk/derive.py of rule-runner/rulemint_runner/host_programs/python/serialising.py: change that, and run `make sdk`.
"""A rule's value → JSON, or words that say which part of it is none, and what helps."""

import json

from rulemint._contract.descriptions import message_of

ADVICE = {
    "set": "use sorted(it)",
    "frozenset": "use sorted(it)",
    "datetime": "use its isoformat()",
    "date": "use its isoformat()",
    "time": "use its isoformat()",
    "timedelta": "use its total_seconds()",
    "Decimal": "use str(it)",
    "Fraction": "use str(it)",
    "UUID": "use str(it)",
    "bytes": "use its decode(), or base64.b64encode(it).decode()",
    "bytearray": "use its decode(), or base64.b64encode(it).decode()",
    "coroutine": "await it",
    "function": "call it",
    "method": "call it",
    "mappingproxy": "use dict(it)",
    "SimpleNamespace": "use vars(it)",
}
LARGEST, SMALLEST = 2**64 - 1, -(2**63)
MAX_CHARACTERS = 1_000
MAX_TOLD = 5
DEEPEST = 32


class NotJsonError(ValueError):
    """A value that is no JSON; the text says where, and what helps."""


def serialised(value: object, subject: object, *, separators: tuple = (", ", ": ")) -> tuple:
    """The JSON of *value*, and remarks on names in it that are no texts. *subject* names the value at a path.

    Raises:
        NotJsonError: see there.
    """
    remarks: list = []
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=separators)
        text.encode()
        _look_at_names(value, [], remarks, subject)
    except NotJsonError:
        raise
    except BaseException as error:  # noqa: BLE001  # a rule's own type may raise anything when it is looked at
        raise NotJsonError(_why_broken(value, subject, error)[:MAX_CHARACTERS]) from None
    return text, remarks


def _why_broken(value: object, subject: object, error: BaseException) -> str:
    try:
        found = _broken(value, [], set())
    except BaseException:  # noqa: BLE001  # as above
        found = None
    path, why = found or ([], f"does not serialise: {message_of(error)}")
    return f"{subject(path)} {why}"


def within(path: list) -> str:
    """Name a value by the *path* to it: ``['roles'][1]``."""
    return "".join(f"[{each!a}]"[:80] for each in path)


def _look_at_names(value: object, path: list, remarks: list, subject: object) -> None:
    """Remark on names that JSON makes texts of.

    Raises:
        NotJsonError: two of them are one then, or a number is larger than a token can carry.
    """
    if len(path) > DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            if type(name) is not str and not isinstance(name, str):
                _take_name(value, name, path, remarks, subject)
            if type(item) is not str:
                _look_at_names(item, [*path, name], remarks, subject)
    elif isinstance(value, (list, tuple)):
        for at, item in enumerate(value):
            if type(item) is not str:
                _look_at_names(item, [*path, at], remarks, subject)
    elif isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        raise NotJsonError(f"{subject(path)} does not serialise: it is a whole number beyond 64 bit; use str(it)")


def _take_name(value: dict, name: object, path: list, remarks: list, subject: object) -> None:
    text = next(iter(json.loads(json.dumps({name: 0}))))
    if text in value:
        raise NotJsonError(f"{subject(path)} has the names {name!a} and {text!a}, which are one in JSON: rename one")
    if len(remarks) < MAX_TOLD:
        remarks.append(f"{subject(path)} has the name {name!a}, which is no text: it is {text!a} in JSON; use str(it)")


def _broken(value: object, path: list, holders: set) -> tuple | None:
    """The path to what keeps *value* from being JSON, and why it does; None if nothing is found."""
    if not isinstance(value, (dict, list, tuple)):
        why = _why_broken_itself(value)
        return None if why is None else (path[:1] if why is _HALF else path, why)
    if id(value) in holders or len(path) > DEEPEST:
        return path, "does not serialise: it has itself in it, or is nested too deep; copy what it needs"
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        why = _why_no_name(name)
        broken = (path or [name])[:1], why
        if why is None:
            broken = _broken(item, [*path, name], holders | {id(value)})
        if broken is not None:
            return broken
    return None


_HALF = "has half of a surrogate pair, such as half an emoji, so it does not serialise: cut texts by characters"


def _why_no_name(name: object) -> str | None:
    if isinstance(name, str):
        return _HALF if _has_half(name) else None
    if name is None or isinstance(name, (int, float)):
        return None
    return f"does not serialise: it has a name that is {_a(name)}, and names must be texts; use str(it)"


def _why_broken_itself(value: object) -> str | None:
    """Say why *value*, which holds no others, is no JSON; None if it is some."""
    if isinstance(value, str):
        return _HALF if _has_half(value) else None
    if isinstance(value, float) and not float("-inf") < value < float("inf"):
        return f"does not serialise: it is {value}, and JSON has no such number; use None"
    if isinstance(value, int) and not SMALLEST <= value <= LARGEST:
        return "does not serialise: it is a whole number beyond 64 bit; use str(it)"
    return None if value is None or isinstance(value, (int, float)) else _why_not(value)


def _why_not(value: object) -> str:
    return f"does not serialise: it is {_a(value)}; {_advice(value)}"


def _advice(value: object) -> str:
    kind = type(value)
    known = next((ADVICE[each.__name__] for each in kind.__mro__ if each.__name__ in ADVICE), None)
    if known is not None:
        return known
    for attribute, advice in _OWN_WAYS.items():
        if hasattr(kind, attribute):
            return advice
    return "use a dict, a list, a text, a number, True, False or None"


_OWN_WAYS = {
    "__dataclass_fields__": "use dataclasses.asdict(it)",
    "__attrs_attrs__": "use attrs.asdict(it)",
    "model_dump": "use its model_dump(mode='json')",
    "__fields__": "use its dict()",
    "_value_repr_": "use its value",
    "__await__": "await it",
    "__iter__": "use list(it)",
}
"""An attribute of a type → how its values become JSON."""


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


def _has_half(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
