"""Search for the smallest change: run changed requests, go on from those that a rule treated otherwise, make it less.

Theory of operation. The request as it was shows which lines did not run. Changes are made of what stands close to
those, and some are run at a time. The first that brings what is wanted ends the search. Until then, each run that
took a way through the rules which no run had taken before is a place to go on from, with its changes kept. Of what was
found, each change that is not needed is left out, and a number is brought as near to the old one as it may be.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import msgspec

from rulemint_gateway.management.errors import InvalidBodyError
from rulemint_gateway.management.flips.candidates import Changes, candidates_of
from rulemint_gateway.management.flips.inputs import SCOPES
from rulemint_gateway.management.flips.reading import Reading
from rulemint_gateway.management.flips.values import number_of
from rulemint_gateway.management.flips.wants import Want
from rulemint_gateway.management.tapes.changes import Changed, changed
from rulemint_gateway.management.tapes.replay_answers import ReplayedResult
from rulemint_shared.contract.messages import Invocation
from rulemint_shared.contract.traces import RuleTrace

AT_ONCE = 12
MAX_TOGETHER = 4
"""Changes of one request."""
_OF_FIRST, _OF_OTHERS = 280, 90
"""Candidates that are tried from the request as it was, and from each place to go on from."""
_BISECTIONS = 12


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One run: its end, and the ways that it took; *unknown*: the tape could not tell how it would end."""

    result: ReplayedResult | None
    traces: Sequence[RuleTrace] = ()
    unknown: str = ""


class OverError(Exception):
    """Nothing more may be run. The text says which bound was reached."""


Run = Callable[[Invocation], Awaitable[Seen]]
"""Runs the flow on a changed request.

Raises:
    OverError: a bound was reached.
"""


@dataclass
class Tried:
    """All that was tried."""

    runs: int = 0
    unknown: int = 0
    """Runs whose end the tape could not tell."""
    why_unknown: str = ""
    ways: set[tuple[object, ...]] = field(default_factory=set)
    """Different ways through the rules."""
    changed: dict[str, int] = field(default_factory=dict)
    """Name of an input → how many values of it were tried."""
    over: str = ""
    """The bound that ended the search; empty: nothing more came to mind."""


@dataclass
class _Place:
    """A changed request to go on from."""

    changes: Changes
    invocation: Invocation
    traces: Sequence[RuleTrace]


class Search:
    """One search."""

    def __init__(self, invocation: Invocation, readings: Mapping[str, Reading], want: Want, run: Run) -> None:
        """*readings*: the name of a rule of the flow → what its text looks at."""
        self.tried = Tried()
        self._original = invocation
        self._readings = readings
        self._want = want
        self._run = run
        self._done: set[Changes] = set()

    async def find(self, gather: Callable[[Sequence[Awaitable[Seen]]], Awaitable[Sequence[Seen]]]) -> Changes | None:
        """The smallest changes that bring what is wanted; None: none was found. *gather* awaits several at once."""
        try:
            first = await self._seen(self._original)
            places = [_Place((), self._original, first.traces)]
            found = await self._widen(places, gather)
            return None if found is None else await self._least(found)
        except OverError as over:
            self.tried.over = str(over)
            return None

    async def _widen(
        self, places: list[_Place], gather: Callable[[Sequence[Awaitable[Seen]]], Awaitable[Sequence[Seen]]]
    ) -> Changes | None:
        while places:
            place = places.pop(0)
            candidates = islice(self._candidates(place), _OF_OTHERS if place.changes else _OF_FIRST)
            while part := list(islice(candidates, AT_ONCE)):
                seen = await gather([self._seen(invocation) for _, invocation in part])
                found: list[Changes] = []
                for (changes, invocation), each in zip(part, seen, strict=True):
                    if each.result is not None and self._want.is_met(each.result):
                        found.append(changes)
                    elif self._is_new_way(each) and len(changes) < MAX_TOGETHER:
                        places.append(_Place(changes, invocation, each.traces))
                if found:
                    return min(found, key=self._size)
            places.sort(key=lambda each: (len(each.changes), -_reached(each.traces)))
        return None

    def _candidates(self, place: _Place) -> Iterator[tuple[Changes, Invocation]]:
        """Requests that were not tried so far, with all their changes."""
        for more in chain.from_iterable(self._by_rule(place)):
            changes = (*place.changes, *more)
            if len(changes) > MAX_TOGETHER or changes in self._done:
                continue
            self._done.add(changes)
            try:
                invocation, told = changed(self._original, changes)
            except InvalidBodyError:
                continue
            if self._gives_it_away(invocation):
                continue
            for each in told:
                self.tried.changed[each.what] = self.tried.changed.get(each.what, 0) + 1
            yield changes, invocation

    def _gives_it_away(self, invocation: Invocation) -> bool:
        """Tell whether a scope is wanted, and is given to the rules though the client grant does not hold it."""
        want = self._want
        return want.kind == "scope" and want.name in invocation.scope and want.name not in invocation.grant_scope

    def _by_rule(self, place: _Place) -> Iterator[Iterator[Changes]]:
        """The changes for each rule that ran: the last first, because it ended the request."""
        for trace in reversed(place.traces):
            reading = self._readings.get(trace.rule)
            if reading is not None:
                yield candidates_of(reading, self._near(trace), place.invocation)

    def _near(self, trace: RuleTrace) -> list[int]:
        return [trace.answered_at, *(span.of for span in trace.not_run), *(span.first for span in trace.not_run)]

    async def _seen(self, invocation: Invocation) -> Seen:
        seen = await self._run(invocation)
        self.tried.runs += 1
        if seen.unknown:
            self.tried.unknown += 1
            self.tried.why_unknown = self.tried.why_unknown or seen.unknown
        if not self.tried.ways:
            self._is_new_way(seen)
        return seen

    def _is_new_way(self, seen: Seen) -> bool:
        if seen.unknown:
            return False
        result = seen.result
        spans = tuple((trace.rule, trace.answered_at, *_spans(trace)) for trace in seen.traces)
        way = ("" if result is None else result.outcome, spans)
        is_new = way not in self.tried.ways
        self.tried.ways.add(way)
        return is_new

    # ---- less ----

    async def _least(self, found: Changes) -> Changes:
        try:
            for change in found:
                rest = tuple(each for each in found if each != change)
                if rest and len(found) > 1 and await self._brings(rest):
                    found = rest
            for at in range(len(found)):
                found = await self._nearest(found, at)
        except OverError as over:
            self.tried.over = str(over)
        return found

    async def _nearest(self, found: Changes, at: int) -> Changes:
        """Bring a number near to what it was."""
        _, (told,) = changed(self._original, [found[at]])
        old, new = number_of(told.before), number_of(told.after)
        if not isinstance(old, int) or not isinstance(new, int):
            return found
        path = found[at].partition("=")[0]
        for _ in range(_BISECTIONS):
            if abs(new - old) <= 1:
                break
            middle = (old + new) // 2
            nearer = (*found[:at], f"{path}={middle}", *found[at + 1 :])
            if await self._brings(nearer):
                found, new = nearer, middle
            else:
                old = middle
        return found

    async def _brings(self, changes: Changes) -> bool:
        invocation, _ = changed(self._original, changes)
        seen = await self._seen(invocation)
        return seen.result is not None and self._want.is_met(seen.result)

    def _size(self, changes: Changes) -> tuple[int, float, bool, int]:
        """By number, by how far they are from what was, whether all scopes are named anew, by length."""
        _, told = changed(self._original, changes)
        names_all = any(change.partition("=")[0] in SCOPES for change in changes)
        return len(changes), sum(map(_far, told)), names_all, sum(map(len, changes))


def _far(told: Changed) -> float:
    if told.what in SCOPES:
        return float(len(set(str(told.before).split()) ^ set(str(told.after).split())))
    old, new = number_of(told.before), number_of(told.after)
    return 1.0 if old is None or new is None else abs(new - old) / (1 + abs(new - old))


def _spans(trace: RuleTrace) -> tuple[tuple[int, int, int], ...]:
    return tuple((span.first, span.last, span.of) for span in trace.not_run)


def _reached(traces: Sequence[RuleTrace]) -> int:
    """Tell how far the flow came: more rules, and fewer parts that did not run."""
    return len(traces) * 1_000 - sum(len(trace.not_run) for trace in traces)
