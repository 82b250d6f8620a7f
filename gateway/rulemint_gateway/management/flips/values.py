"""Values to try for an input of a rule, by what it is and what the rule compares it with: the nearest first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from rulemint_gateway.management.flips.inputs import ABSENT, SCOPES, Input, inner_value, value_of, with_inner
from rulemint_gateway.management.flips.patterns import example_of
from rulemint_gateway.management.flips.reading import Atom, Literal
from rulemint_gateway.management.tapes.changes import MAX_CHANGE_CHARACTERS
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.scopes import is_scope_token

_OF_ONE = 40
"""Values of one input in one comparison."""
_TEXT_ONLY = {"client.metadata", "request.headers", "request.query"}
_TRUE, _FALSE = ("true", True, 1, "1", "yes"), (False, "false", 0, "", "0")
_PAST, _FUTURE = "2000-01-01T00:00:00Z", "2099-12-31T00:00:00Z"
_TIMES = (_FUTURE, _PAST, 4_102_358_400, 946_684_800, 4_102_358_400_000, 946_684_800_000)
_LONGEST = 64


def changes_of(read: Input, atom: Atom, invocation: Invocation) -> list[str]:
    """Changes of *read* that may make *atom* come out otherwise, each as ``--set`` takes it."""
    found: Iterator[str]
    if read.place in SCOPES:
        found = (f"{read.place}{change}" for change in _of_scope(value_of(invocation, read), atom, invocation))
    elif read.name or read.place in {"audience", "client.name"} or ("." in read.place and not _is_map(read.place)):
        found = _of_value(read, atom, invocation)
    else:
        found = _of_entries(read, atom, invocation)
    bounded = (text for text in found if len(text) <= MAX_CHANGE_CHARACTERS)
    return list(dict.fromkeys(bounded))[:_OF_ONE]


def _is_map(place: str) -> bool:
    return place in {*_TEXT_ONLY, "request.body"}


def _of_value(read: Input, atom: Atom, invocation: Invocation) -> Iterator[str]:
    whole = value_of(invocation, read)
    held = inner_value(whole, read.inner) if read.inner else whole
    for value in _values(held, atom):
        if value == held and type(value) is type(held):
            continue
        after = with_inner(whole, read.inner, value) if read.inner else value
        text = _change(read, after)
        if text:
            yield text


def _change(read: Input, value: Any) -> str:
    if value is ABSENT:
        return f"{read.path}-=" if read.name else ""
    if read.place == "request.body" and not isinstance(value, str):
        return f"{read.path}:={msgspec.json.encode(value).decode()}"
    return f"{read.path}={value if isinstance(value, str) else msgspec.json.encode(value).decode()}"


# ---- values ----


def _values(held: Any, atom: Atom) -> Iterator[Any]:
    if "length" in atom.words:
        yield from _of_lengths(held, atom)
    for literal in atom.literals:
        if literal.kind == "string":
            yield from _of_text(held, literal.text, atom)
    yield from _near(held, atom.literals)
    for literal in atom.literals:
        if literal.kind == "regex":
            yield from example_of(literal.text)
        elif literal.kind == "boolean":
            yield from (literal.text == "true", literal.text)
    if "clock" in atom.words:
        yield from _TIMES
    yield from _of_truth(held)
    for literal in atom.literals:
        if literal.kind == "string":
            yield from (f"{literal.text}x", f"x{literal.text}", literal.text.lower(), literal.text.upper())
            yield from example_of(literal.text)


def _of_text(held: Any, text: str, atom: Atom) -> Iterator[Any]:
    if isinstance(held, list):
        yield [*held, text]
    if isinstance(held, str) and held.startswith("[") and isinstance(listed := _listed(held), list):
        yield [*listed, text]
    yield text
    if isinstance(held, str) and held and "," in held:
        yield f"{held},{text}"
    elif isinstance(held, str) and held and atom.methods & {"includes", "split", "indexOf", "endsWith", "endswith"}:
        yield f"{held}{text}"
    elif held is ABSENT:
        yield [text]


def _listed(held: str) -> Any:
    try:
        return msgspec.json.decode(held)
    except (msgspec.DecodeError, RecursionError):
        return None


def _near(held: Any, literals: Iterable[Literal]) -> Iterator[Any]:
    """Numbers at the bounds that are written down, those of one bound together, the nearest to what is held first."""
    now = number_of(held)
    for number in dict.fromkeys(number_of(each.text) for each in literals):
        if number is None:
            continue
        for near in sorted((number, number + 1, number - 1), key=lambda each: abs(each - (now or 0))):
            if now is None or isinstance(held, str):
                yield str(near)
            if now is None or not isinstance(held, str):
                yield near


def _of_lengths(held: Any, atom: Atom) -> Iterator[Any]:
    for literal in atom.literals:
        number = number_of(literal.text)
        if isinstance(number, int) and 0 <= number <= _LONGEST:
            for size in (number, number + 1, max(0, number - 1)):
                yield (f"{held if isinstance(held, str) else ''}" + "x" * size)[:size]
                if held is ABSENT or isinstance(held, list):
                    yield [*(held if isinstance(held, list) else []), *["x"] * size][:size]


def _of_truth(held: Any) -> Iterator[Any]:
    if held is ABSENT:
        yield from _TRUE
    elif held in _FALSE:
        yield from (True, "true", 1, ABSENT)
    else:
        yield ABSENT
        yield from _FALSE
        if isinstance(held, str):
            yield from ("true",)


def number_of(value: Any) -> float | int | None:
    """The number that *value* is, or that its text says; None: it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        if re.fullmatch(r"-?\d{1,15}", value):
            return int(value)
        return float(value) if re.fullmatch(r"-?\d{1,15}\.\d{1,9}", value) else None
    return value


# ---- scopes and maps ----


def _of_scope(given: Sequence[str], atom: Atom, invocation: Invocation) -> Iterator[str]:
    """Changes of a list of scopes, without its name."""
    grant = invocation.grant_scope
    texts = [word for each in atom.literals if each.kind == "string" for word in each.text.split() or [""]]
    wanted = [text for text in texts if is_scope_token(text)]
    yield from (f"+={name}" for name in wanted if name not in given)
    yield from (f"-={name}" for name in wanted if name in given)
    starts = [name for text in wanted for name in (f"{text}x", f"x{text}")] if atom.methods - {""} else []
    yield from (f"+={name}" for name in grant if name not in given)
    yield from (f"+={name}" for name in starts)
    yield from (f"-={name}" for name in given)
    yield from (f"={name}" for name in [*wanted, *given])
    if "length" in atom.words:
        yield from _counts(given, grant, atom.literals)
    yield "="


def _counts(given: Sequence[str], grant: Sequence[str], literals: Sequence[Literal]) -> Iterator[str]:
    made = list(dict.fromkeys([*given, *grant, *(f"scope{number}" for number in range(_LONGEST))]))
    for literal in literals:
        number = number_of(literal.text)
        if isinstance(number, int) and number < _LONGEST:
            yield from (f"={' '.join(made[:size])}" for size in (number, number + 1, number - 1) if size >= 0)


def _of_entries(read: Input, atom: Atom, invocation: Invocation) -> Iterator[str]:
    """Of all of a map, which a rule reads by a name that it has from elsewhere."""
    for literal in atom.literals:
        if literal.kind == "string" and re.fullmatch(r"[\w.-]{1,64}", literal.text):
            entry = Input(read.place, literal.text.lower() if read.place == "request.headers" else literal.text)
            if value_of(invocation, entry) is ABSENT:
                yield f"{entry.path}=true"
            else:
                yield f"{entry.path}-="
