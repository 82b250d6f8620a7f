"""Traces: which lines of a rule did not run, and which line set what, as a host that explains has seen it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MAX_SPANS, MAX_WRITES, MAX_TRACED_CHARACTERS = 500, 300, 256
"""Of one run of a rule."""

SourceLine = Annotated[int, Meta(ge=0, lt=2**31)]
"""Of the rule's text, from 1; 0: none."""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that could have run and did not. The line *of* decided so: a condition, or where a function begins."""

    first: SourceLine
    last: SourceLine
    of: SourceLine


class Write(msgspec.Struct, frozen=True, kw_only=True):
    """One claim or scope that the rule set, or took away."""

    kind: Literal["claim", "scope", "removed claim", "removed scope"]
    name: Annotated[str, Meta(max_length=MAX_TRACED_CHARACTERS)]
    line: SourceLine
    before: Annotated[str, Meta(max_length=MAX_TRACED_CHARACTERS)] = ""
    """The JSON of what it was before, as far as there is room; empty: it was not."""
    seen: bool = True
    """The host saw it happen; else it is the last line that names it and ran."""


class RuleTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a rule, as its host saw it."""

    rule: str = ""
    answered_at: SourceLine = 0
    """The line that answered or refused; 0: unknown."""
    not_run: Annotated[list[Span], Meta(max_length=MAX_SPANS)] = []
    writes: Annotated[list[Write], Meta(max_length=MAX_WRITES)] = []
    is_cut: bool = False
    """There was more than this."""
