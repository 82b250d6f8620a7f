"""Expressions that read an input: ``client["metadata"].get("plan")`` as the names client, metadata, plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rulemint_gateway.management.flips.tokens import Token

_NAMES = 8
LOOK = 500
"""Tokens that are looked at for the end of something."""
_DEFAULTS = {"||", "??", "or"}
_PARSERS = {"parse", "loads"}
_NO_ROOTS = {
    "const", "let", "var", "if", "elif", "else", "return", "for", "while", "in", "not", "and", "or", "is", "of", "new",
    "await", "async", "function", "def", "lambda", "True", "False", "None", "true", "false", "null", "undefined",
    "throw", "raise", "typeof", "import", "from", "as", "case", "switch", "try", "except", "catch",
}  # fmt: skip
NAMELESS = frozenset(_NO_ROOTS)


class Chain(NamedTuple):
    """One expression: its names, and the tokens from *first* to before *beyond*. *method* is what is called on it."""

    names: tuple[str, ...]
    first: int
    beyond: int
    method: str = ""


def chain_at(tokens: Sequence[Token], at: int, aliases: Mapping[str, tuple[str, ...]]) -> Chain | None:
    """The expression that begins with the name at *at*; a name of *aliases* stands for others. None: it is none."""
    root = tokens[at]
    if root.kind != "name" or root.text in NAMELESS or (at and tokens[at - 1].text in {".", "?."}):
        return None
    names, here, method = [*aliases.get(root.text, (root.text,))], at + 1, ""
    while len(names) < _NAMES:
        step = _step(tokens, here)
        if step is None:
            beyond = _after_default(tokens, at, here)
            step = None if beyond is None else _step(tokens, beyond)
            if step is None:
                break
        if step.method:
            method = step.method
            break
        names += step.names
        here = step.beyond
    return Chain(tuple(names), at, here, method)


class _Step(NamedTuple):
    names: tuple[str, ...]
    beyond: int
    method: str = ""


def _step(tokens: Sequence[Token], at: int) -> _Step | None:
    """One accessor: ``.name``, ``["name"]``, ``.get("name", …)``; or the method that is called."""
    if _text(tokens, at) == "?." and _text(tokens, at + 1) == "[":
        at += 1
    if _text(tokens, at) in {".", "?."} and _kind(tokens, at + 1) == "name":
        if _text(tokens, at + 2) != "(":
            return _Step((_text(tokens, at + 1),), at + 2)
        if _text(tokens, at + 1) == "get" and _kind(tokens, at + 3) == "string":
            return _Step((tokens[at + 3].text,), closing(tokens, at + 2) + 1)
        return _Step((), at, _text(tokens, at + 1))
    if _text(tokens, at) == "[" and _kind(tokens, at + 1) in {"string", "number"} and _text(tokens, at + 2) == "]":
        return _Step((tokens[at + 1].text,), at + 3)
    return None


def _after_default(tokens: Sequence[Token], first: int, at: int) -> int | None:
    """The place behind ``(… || {})`` or ``JSON.parse(…)``, if the chain from *first* to *at* stands in it."""
    if _text(tokens, at) in _DEFAULTS:
        at += 1
        if _text(tokens, at) in {"{", "["}:
            at = closing(tokens, at) + 1
        elif _kind(tokens, at) == "string":
            at += 1
        else:
            return None
    if _text(tokens, at) != ")" or first == 0 or _text(tokens, first - 1) != "(":
        return None
    before = tokens[first - 2] if first > 1 else None
    is_call = before is not None and before.kind == "name" and before.text not in NAMELESS
    return at + 1 if not is_call or (before is not None and before.text in _PARSERS) else None


def closing(tokens: Sequence[Token], at: int) -> int:
    """The place of the bracket that closes the one at *at*; the last that is looked at, if none does."""
    depth, last = 0, min(at + LOOK, len(tokens)) - 1
    for here in range(at, last + 1):
        if tokens[here].kind == "op":
            depth += tokens[here].text in {"(", "[", "{"}
            depth -= tokens[here].text in {")", "]", "}"}
            if depth == 0:
                return here
    return last


def _text(tokens: Sequence[Token], at: int) -> str:
    """The text of a token that is no string; empty: there is none."""
    return tokens[at].text if 0 <= at < len(tokens) and tokens[at].kind != "string" else ""


def _kind(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].kind if 0 <= at < len(tokens) else ""
