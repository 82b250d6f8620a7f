"""Describe a pause for the logs: for which clients it is, for how long, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from rulemint_shared.contract.messages import FailureReason

_WORDS = {
    FailureReason.TIMEOUT: ("timeout", "timeouts"),
    FailureReason.CRASHED: ("crash", "crashes"),
    FailureReason.OUT_OF_MEMORY: ("end for want of memory", "ends for want of memory"),
    FailureReason.OUTPUT_FLOOD: ("flood of output", "floods of output"),
    FailureReason.SYNTAX: ("text that does not parse", "texts that do not parse"),
    FailureReason.EXCEPTION: ("failure to load", "failures to load"),
}
_NUMBERS = ("no", "one", "two", "three", "four", "five")


class Caller(NamedTuple):
    """The client of an invocation, and what its operator has said of pauses."""

    client: str
    rule_resumed_ms: int = 0
    """The time at which pauses of the rule were last ended; older pauses are over."""
    client_resumed_ms: int = 0
    """The same, of this client only."""


class Failure(NamedTuple):
    """One that counts."""

    reason: FailureReason
    took_s: float


class Pause(NamedTuple):
    """A rule runs for nobody, or not for one client."""

    left_s: float
    """For so long nobody need try again."""
    whole_s: float
    """So long it is from its beginning to its end."""
    why: str
    for_all: bool
    longer: bool = False
    """It is longer for this client than for others: theirs is not *left_s*."""

    def text(self, rule: str, client: str) -> str:
        """The pause of *rule*, met by *client*, and what helps."""
        clients = "all clients" if self.for_all else f"the client {client}"
        resume = f"rulemint rules resume {_quoted(rule)}" + ("" if self.for_all else f" --client {_quoted(client)}")
        return (
            f"the rule pauses for {clients} for {math.ceil(self.whole_s)} s because of {self.why}: "
            f"deploy a new version, or end the pause with {resume}"
        )


def why_of(failures: Sequence[Failure]) -> str:
    """``three timeouts of 5 s``; what is not all of one kind is a list."""
    kinds = {failure.reason: [each for each in failures if each.reason is failure.reason] for failure in failures}
    return " and ".join(_counted(same) for same in kinds.values())


def _counted(same: Sequence[Failure]) -> str:
    one, more = _WORDS.get(same[0].reason, ("failure", "failures"))
    number = _NUMBERS[len(same)] if len(same) < len(_NUMBERS) else str(len(same))
    took = f" of {max(failure.took_s for failure in same):.2g} s" if same[0].reason is FailureReason.TIMEOUT else ""
    return f"{number} {one if len(same) == 1 else more}{took}"


def _quoted(word: str) -> str:
    return f"'{word}'" if " " in word else word
