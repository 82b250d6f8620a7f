"""Make changes of a request that may lead a rule to a branch that it did not take: the most likely first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product, zip_longest

from rulemint_gateway.management.flips.inputs import Input, entries_of, places_of
from rulemint_gateway.management.flips.reading import Atom, Condition, Literal, Reading
from rulemint_gateway.management.flips.values import changes_of
from rulemint_shared.contract.messages import Invocation

Changes = tuple[str, ...]
"""Of one request, each as ``--set`` takes it."""
_TOGETHER = 3
"""Comparisons of one condition that are changed together."""
_OF_EACH = 5
_CONDITIONS = 60
_MAPS = ("client.metadata", "request.body", "request.query")
_ENTRIES, _LITERALS = 30, 40


def candidates_of(reading: Reading, near: Sequence[int], invocation: Invocation) -> Iterator[Changes]:
    """Yield changes of *invocation*, those first that concern conditions close to the lines *near*."""
    ranked = sorted(reading.conditions, key=lambda each: _distance(each, near))[:_CONDITIONS]
    rows = [list(_of_condition(each, invocation)) for each in ranked]
    together = _of_two_conditions(ranked, invocation)
    yield from (row[0] for row in rows if row)
    for row in rows:
        yield from row[1:]
    yield from together
    yield from _of_anything(reading, invocation)


def _distance(condition: Condition, near: Sequence[int]) -> float:
    """Half a line nearer is what stands before a line: it decides on it."""
    return min(
        (
            0.0 if condition.first <= line <= condition.last
            else line - condition.last if line > condition.last
            else condition.first - line + 0.5
            for line in near
        ),
        default=condition.first,
    )  # fmt: skip


def _of_condition(condition: Condition, invocation: Invocation) -> Iterator[Changes]:
    singles = [_of_atom(atom, invocation) for atom in condition.atoms]
    singles = [each for each in singles if each]
    for row in zip_longest(*singles):
        yield from ((change,) for change in row if change is not None)
    for count in range(2, min(_TOGETHER, len(singles)) + 1):
        for start in range(len(singles) - count + 1):
            yield from _together([each[:_OF_EACH] for each in singles[start : start + count]])


def _of_atom(atom: Atom, invocation: Invocation) -> list[str]:
    read_there = dict.fromkeys(each for read in atom.inputs for each in places_of(invocation, read))
    rows = [changes_of(read, atom, invocation) for read in read_there]
    values = [_text_of(read, invocation) for read in read_there]
    others = [Literal("string", value) for value in values if value]
    if len(rows) > 1 and others:  # two inputs that are compared with each other
        more = Atom(atom.line, atom.inputs, others, atom.methods, atom.words)
        rows += [changes_of(read, more, invocation)[:2] for read in read_there]
    found = (change for row in zip_longest(*rows) for change in row if change is not None)
    return list(dict.fromkeys(found))


def _text_of(read: Input, invocation: Invocation) -> str:
    value = entries_of(invocation, read.place).get(read.name) if read.name else None
    if read.place == "audience":
        value = invocation.audience
    return value if isinstance(value, str) else ""


def _of_two_conditions(conditions: Sequence[Condition], invocation: Invocation) -> Iterator[Changes]:
    """The best of one condition with the best of another: nested branches whose outer one shows nothing."""
    best = []
    for condition in conditions[:4]:
        found = [change for atom in condition.atoms for change in _of_atom(atom, invocation)[:3]]
        best.append(found[:6])
    for at, one in enumerate(best):
        for other in best[at + 1 :]:
            yield from _together([one, other])


def _together(rows: Sequence[Sequence[str]]) -> Iterator[Changes]:
    """One of each row: the first of all rows first."""
    places = sorted(product(*(range(len(row)) for row in rows)), key=sum)
    made = (tuple(row[at] for row, at in zip(rows, place, strict=True)) for place in places)
    yield from (changes for changes in made if _are_apart(changes))


def _are_apart(changes: Changes) -> bool:
    """Tell whether no two change the same entry."""
    places = [change.split("=", 1)[0].rstrip("+-:") for change in changes]
    return len(set(places)) == len(places)


def _of_anything(reading: Reading, invocation: Invocation) -> Iterator[Changes]:
    """Each entry that the request has or the text reads, with each text that stands anywhere in it."""
    literals = list(
        dict.fromkeys(each for condition in reading.conditions for atom in condition.atoms for each in atom.literals)
    )
    read = [each for condition in reading.conditions for atom in condition.atoms for each in atom.inputs]
    has = [Input(place, name) for place in _MAPS for name in entries_of(invocation, place)]
    placed = (each for input_ in [*read, *has] for each in places_of(invocation, input_))
    for each in list(dict.fromkeys(placed))[:_ENTRIES]:
        atom = Atom(0, [each], [*literals[:_LITERALS]])
        yield from ((change,) for change in changes_of(each, atom, invocation))
