"""Say on which host a rule ran, under which limits, and the place in its text that ended it."""

from __future__ import annotations

import re
from functools import lru_cache

from rulemint_runner.flow.limits import Limits
from rulemint_runner.hosts.turn import Turn
from rulemint_shared import __version__
from rulemint_shared.contract.messages import HostStart, Position, RanOn

_LONGEST_NUMBER = 7


def ran_on(turn: Turn, limits: Limits, *, since_s: float, engine: str, packages: str) -> RanOn | None:
    """The host of *turn*, whose rule's time had come at *since_s* (monotonic clock); None: no host came to it."""
    place = turn.place
    if place is None:
        return None
    return RanOn(
        place.number,
        turn.runs_before,
        HostStart.WARM if turn.runs_before else place.first_start,
        round(max(0.0, turn.began_s - since_s) * 1000, 3),
        engine,
        __version__,
        packages,
        limits.timeout_s,
        limits.memory_mb,
        limits.log_bytes,
        limits.result_bytes,
    )


def position_in(detail: str, file: str) -> Position | None:
    """The place in *file* that *detail* begins with, or that a rule was at when its time was up; None: it names none.

    A rule writes messages as it likes, but never what stands before them.
    """
    found = _place_of(file).match(detail)
    if found is None:
        return None
    line, column = int(found[1] or found[3]), int(found[2] or 0)
    return Position(line=line, column=column) if line else None


@lru_cache(maxsize=256)
def _place_of(file: str) -> re.Pattern[str]:
    name, number = re.escape(file), rf"([0-9]{{1,{_LONGEST_NUMBER}}})"
    return re.compile(rf"{name}:{number}(?::{number})?\b|the rule [^;\n]{{1,200}}; it was at {name}:{number}\b")
