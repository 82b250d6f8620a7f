"""Tune Python's garbage collector for a service that keeps many objects for long."""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 10_000
"""New objects before the collector looks at them: what one token makes is mostly gone by itself."""
YOUNG_ROUNDS, MIDDLE_ROUNDS = 20, 20
"""Rounds of one generation before the next is looked at."""


def leave_out_what_started() -> None:
    """Leave out what lives now from all collections. Call it once everything has started."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)


def leave_out_what_lives_long() -> None:
    """Leave out what was made since then, too. Call it after something large was made that lives for long."""
    gc.freeze()
