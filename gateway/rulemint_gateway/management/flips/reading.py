"""Read in a rule's text what each condition looks at: inputs of the request, and what they are compared with.

Nothing here understands a language. It finds names, literals and operators in their order, and follows names to their
assignments. It errs on the side of more, because a replay shows what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rulemint_gateway.management.flips.chains import LOOK, NAMELESS, Chain, chain_at, closing
from rulemint_gateway.management.flips.inputs import ANYWHERE, Input, input_of
from rulemint_gateway.management.flips.tokens import Token, tokens_of

_JOINS = {"&&", "||", "??", "and", "or"}
_ENDS = {";", "{", "}", "?", "if", "elif", "else", "return", "while", "raise", "throw", "function", "def", "=>"}
_GOES_ON = {"(", "[", "{", ",", ".", "?.", "&&", "||", "??", "and", "or", "+", "-", "*", "=", "==", "===", "!=", "!==",
            "<", ">", "<=", ">=", "in", "not", "?", "=>", "\\"}  # fmt: skip
_COMPARES = {"===", "==", "!==", "!=", "<", ">", "<=", ">="}
_MEASURES = {"length", "len", "size"}
_CLOCKS = {"Date", "now", "time", "datetime"}
_OTHERS = {"JSON", "Math", "Object", "Array", "console", "api", "claims", "secrets", "exports", "module", "process",
           "json", "math", "re", "os", "datetime", "Date", "logging", "storage", "response", "result"}  # fmt: skip
"""Names of what is no part of a request."""
_NAMES_BY = {"=", ":=", "of", "in", "def", "function"}
_ALIASES, _LITERALS = 300, 60
"""Of a text, and of one comparison."""


class Literal(NamedTuple):
    """A text, number or pattern that stands in the rule."""

    kind: str
    text: str


@dataclass
class Atom:
    """One comparison, or one look at a value."""

    line: int
    inputs: list[Input] = field(default_factory=list)
    literals: list[Literal] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)
    """Called on the inputs, such as ``startsWith``."""
    words: set[str] = field(default_factory=set)
    """Operators and names that tell how it compares: ``<``, ``length``, ``Date``."""


@dataclass
class Condition:
    """Atoms that are joined by and, or: what decides on a branch together. It stands on *first* to *last*."""

    first: int
    last: int
    atoms: list[Atom] = field(default_factory=list)


class Reading:
    """The conditions of one text."""

    def __init__(self, text: str, *, is_python: bool) -> None:
        self._tokens = tokens_of(text, is_python=is_python)
        self._chains: dict[str, tuple[str, ...]] = {}
        self._meant: dict[str, Atom] = {}
        for _ in range(2):  # a name may be used above what it stands for
            self._find_aliases()
        self.conditions = [each for each in self._conditions() if any(atom.inputs for atom in each.atoms)]

    # ---- names ----

    def _find_aliases(self) -> None:
        tokens, found = self._tokens, 0
        for at, token in enumerate(tokens):
            if token.text not in _NAMES_BY or token.kind not in {"op", "name"}:
                continue
            found += 1
            if found > _ALIASES:
                return
            if token.text in {"=", ":="} and token.kind == "op" and at:
                self._assigned(at)
            elif token.text in {"of", "in"} and token.kind == "name" and at and self._is_loop(at):
                self._named(tokens[at - 1].text, at + 1)
            elif token.text in {"def", "function"} and token.kind == "name" and at + 1 < len(tokens):
                self._function(at + 1)

    def _assigned(self, at: int) -> None:
        before = self._tokens[at - 1]
        if before.kind == "name" and before.text not in NAMELESS and _text(self._tokens, at - 2) not in {".", "?."}:
            for name, start in self._targets(at):
                self._named(name, start)
        elif before.text == "}":
            self._destructured(at)

    def _targets(self, at: int) -> Iterator[tuple[str, int]]:
        """Yield each name that is assigned to, and where its expression begins: ``a, b = x, y`` assigns to two."""
        tokens, names, here = self._tokens, [self._tokens[at - 1].text], at - 2
        while here > 0 and _text(tokens, here) == "," and tokens[here - 1].kind == "name":
            names.insert(0, tokens[here - 1].text)
            here -= 2
        if here >= 0 and tokens[here].line == tokens[at].line and tokens[here].text not in {";", ":", "{"}:
            names = names[-1:]  # ``const a = x, b = y`` assigns one after the other
        starts = [at + 1]
        while len(starts) < len(names) and _text(self._tokens, end := self._statement_end(starts[-1])) == ",":
            starts.append(end + 1)
        if len(starts) == len(names):
            yield from zip(names, starts, strict=True)

    def _named(self, name: str, start: int) -> None:
        beyond = self._statement_end(start)
        chains = self._chains_in(start, min(start + 6, beyond))
        chain = next((each for each in chains if input_of(each.names) is not None), None)
        if chain is not None and chain.names[0] != name and not chain.method and self._is_all(chain, beyond):
            self._chains[name] = chain.names
        self._meant[name] = self._atom(start, beyond)

    def _is_all(self, chain: Chain, beyond: int) -> bool:
        """Tell whether *chain* and a default are all that is assigned."""
        rest = [token for token in self._tokens[chain.beyond : beyond] if token.text not in {")", "{", "}", "[", "]"}]
        return not rest or (rest[0].text in {"||", "??", "or"} and len(rest) <= 2)

    def _destructured(self, at: int) -> None:
        """``{ plan, seats: n = 0 } = chain``: each name stands for an entry."""
        tokens, opening = self._tokens, at - 1
        while opening > max(0, at - LOOK) and tokens[opening].text != "{":
            opening -= 1
        source = chain_at(tokens, at + 1, self._chains) if at + 1 < len(tokens) else None
        if source is None:
            return
        here = opening + 1
        while here < at - 1:
            entry, name = tokens[here], tokens[here]
            if _text(tokens, here + 1) == ":":
                name, here = tokens[here + 2], here + 2
            if entry.kind in {"name", "string"} and name.kind == "name":
                self._chains[name.text] = (*source.names, entry.text)
            while here < at - 1 and tokens[here].text != ",":
                here += 1
            here += 1

    def _is_loop(self, at: int) -> bool:
        return any(_text(self._tokens, at - back) == "for" for back in (2, 3, 4))

    def _function(self, at: int) -> None:
        """The name of a function stands for what its body looks at."""
        tokens, name = self._tokens, self._tokens[at].text
        opening = next((here for here in range(at, min(at + 40, len(tokens))) if tokens[here].text in {"{", ":"}), None)
        if opening is None or name == "rule":
            return
        if tokens[opening].text == "{":
            beyond = closing(tokens, opening)
        else:
            last = min(opening + LOOK, len(tokens))
            beyond = next((here for here in range(opening, last) if tokens[here].text in {"def", "class"}), last)
        self._meant[name] = self._atom(opening + 1, beyond)

    def _statement_end(self, start: int) -> int:
        depth = 0
        beyond = min(start + LOOK, len(self._tokens))
        for here in range(start, beyond):
            token = self._tokens[here]
            if token.kind == "op" and token.text in {"(", "[", "{"}:
                depth += 1
            elif token.kind == "op" and token.text in {")", "]", "}"}:
                depth -= 1
                if depth < 0:
                    return here
            elif depth == 0 and here > start and (token.text in {";", ","} or self._begins_line(here)):
                return here
        return beyond

    def _begins_line(self, at: int) -> bool:
        """Tell whether a statement may begin here, as far as lines say so."""
        before, here = self._tokens[at - 1], self._tokens[at]
        if before.line == here.line:
            return False
        ends = before.kind != "op" or before.text not in _GOES_ON
        return (
            ends and before.text not in _JOINS and not (here.kind == "op" and here.text in _GOES_ON - {"[", "(", "{"})
        )

    # ---- conditions ----

    def _conditions(self) -> Iterator[Condition]:
        start, depth = 0, 0
        for here, token in enumerate(self._tokens):
            if token.kind == "op":
                depth += token.text in {"(", "["}
                depth -= token.text in {")", "]"}
            is_end = token.kind in {"op", "name"} and token.text in _ENDS and not self._is_default(here)
            if is_end or (depth <= 0 and here and self._begins_line(here)):
                if token.text != "=>" and _text(self._tokens, start - 1) not in {"def", "function"}:
                    yield from self._condition(start, here)
                start = here + 1 if is_end else here
        yield from self._condition(start, len(self._tokens))

    def _is_default(self, at: int) -> bool:
        """Tell whether the braces at *at* are an empty object, as in ``(x || {}).y``."""
        here = _text(self._tokens, at) + _text(self._tokens, at + 1)
        return here == "{}" or (_text(self._tokens, at) == "}" and _text(self._tokens, at - 1) == "{")

    def _condition(self, start: int, beyond: int) -> Iterator[Condition]:
        if start >= beyond:
            return
        inside = {at for chain in self._chains_in(start, beyond) for at in range(chain.first, chain.beyond)}
        found, begin = Condition(self._tokens[start].line, self._tokens[beyond - 1].line), start
        for here in range(start, beyond):
            token = self._tokens[here]
            if token.kind in {"op", "name"} and token.text in _JOINS and here not in inside:
                found.atoms.append(self._atom(begin, here))
                begin = here + 1
        found.atoms.append(self._atom(begin, beyond))
        found.atoms = [atom for atom in found.atoms if atom.inputs or atom.literals]
        yield found

    def _chains_in(self, start: int, beyond: int) -> Iterator[Chain]:
        here = start
        while here < beyond:
            chain = chain_at(self._tokens, here, self._chains)
            if chain is not None:
                yield chain
            here = here + 1 if chain is None else max(here + 1, chain.beyond)

    def _atom(self, start: int, beyond: int) -> Atom:
        atom = Atom(self._tokens[min(start, len(self._tokens) - 1)].line)
        chains = list(self._chains_in(start, beyond))
        used = {at for chain in chains for at in range(chain.first, chain.beyond)}
        for here in range(start, beyond):
            token = self._tokens[here]
            if here in used:
                continue
            if token.kind in {"string", "number", "regex"}:
                atom.literals.append(Literal(token.kind, token.text))
            elif token.text in {"true", "false", "True", "False"}:
                atom.literals.append(Literal("boolean", token.text.lower()))
            elif token.text in _COMPARES:
                atom.words.add(token.text)
        for chain in chains:  # what names stand for comes after what is written here
            self._look_at(chain, atom)
        return atom

    def _look_at(self, chain: Chain, atom: Atom) -> None:
        names = chain.names
        root = self._tokens[chain.first].text
        meant = self._meant.get(root)
        if names[-1] in _MEASURES and len(names) > 1:
            atom.words.add("length")
            names = names[:-1]
        if names[0] in _MEASURES | _CLOCKS:
            atom.words.add("length" if names[0] in _MEASURES else "clock")
        found = input_of(names)
        if found is not None:
            atom.inputs.append(found)
            atom.methods.add(chain.method)
        if meant is not None and meant is not atom:
            atom.inputs += [each for each in meant.inputs if found is None and each not in atom.inputs]
            atom.literals += meant.literals[: _LITERALS - len(atom.literals)]
            atom.methods |= meant.methods
            atom.words |= meant.words
        elif found is None:
            atom.methods.add(chain.method)
            if len(names) > 1 and not _OTHERS.intersection(names):
                atom.inputs.append(Input(ANYWHERE, names[-1]))


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) and tokens[at].kind in {"op", "name"} else ""
