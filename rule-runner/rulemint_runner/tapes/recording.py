"""Collect what happens while the rules of one exchange run, so cheaply that all of them may.

Nobody knows before the end whether a tape is wanted. So nothing is copied, masked or encoded here: references to
frames are kept, up to a bound of bytes. `rulemint_runner.tapes.taping` makes the tape of them, if it is wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rulemint_runner.hosts.turn import Seeds
from rulemint_runner.hosts.wire.frames import CacheChanged, Call, Noted, Reply, Run, StorageGet, StorageSet, Stored
from rulemint_shared.contract.messages import Outcome
from rulemint_shared.contract.tapes import MAX_EVENTS, MAX_TAPE_BYTES, TapeWish

MAX_COLLECTED_BYTES = MAX_TAPE_BYTES
"""Of bodies, documents and draws of one rule; what comes after is not collected."""

Asked = Call | StorageGet | StorageSet | Noted | CacheChanged
Told = tuple[int, Reply | Stored]
"""The question's number, and what it was told."""


class RuleRecording:
    """All that one rule was given, asked and was told, in order."""

    __slots__ = (
        "_is_closed",
        "asked",
        "events",
        "is_cut",
        "mask",
        "outcome",
        "run",
        "runs_before",
        "seeds",
        "size",
    )

    def __init__(self) -> None:
        self.run: Run | None = None
        self.seeds = Seeds()
        """Of its host."""
        self.runs_before = 0
        self.events: list[Asked | Told] = []
        self.asked = 0
        """Questions so far: calls and storage."""
        self.is_cut = False
        """More happened than `events` has."""
        self.mask: Callable[[str], str] | None = None
        """Takes the rule's secrets out of a text."""
        self.outcome: Outcome | None = None
        self.size = 0
        """Of what was collected, in bytes, about."""
        self._is_closed = False

    def ask(self, frame: Call | StorageGet | StorageSet) -> int:
        """The rule asks; the number of its question."""
        self.asked += 1
        body = frame.body if isinstance(frame, Call) else getattr(frame, "data", None) or ""
        self._add(frame, len(body))
        return self.asked

    def tell(self, number: int, answer: Reply | Stored) -> None:
        """It is told *answer* to its question *number*."""
        body = answer.body if isinstance(answer, Reply) else answer.data or ""
        self._add((number, answer), len(body))

    def note(self, frame: Noted | CacheChanged) -> None:
        """The host drew something, or the rule changed its cache."""
        self._add(frame, len(frame.data) if isinstance(frame, Noted) else 0)

    def close(self) -> None:
        """The rule has answered: what it does now is of no account."""
        self._is_closed = True

    def _add(self, event: Asked | Told, size: int) -> None:
        if self._is_closed or self.is_cut:
            return
        self.size += size
        if self.size > MAX_COLLECTED_BYTES or len(self.events) >= MAX_EVENTS:
            self.is_cut = True
            return
        self.events.append(event)


class Recording:
    """All that happens in one exchange: a rule after the other."""

    __slots__ = ("place", "rules", "wish")

    def __init__(self, wish: TapeWish) -> None:
        self.wish = wish
        self.rules: list[RuleRecording] = []
        self.place: dict[str, Any] = {}
        """The place of the caller, as actions see it."""

    @property
    def size(self) -> int:
        """Of all that was collected, in bytes, about."""
        return sum(rule.size for rule in self.rules)

    def next_rule(self) -> RuleRecording:
        """The recording of the rule that begins now."""
        recording = RuleRecording()
        self.rules.append(recording)
        return recording
