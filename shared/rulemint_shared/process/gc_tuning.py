"""Python's cyclic collector, told what a long-running service is like."""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 10_000
"""New objects before the collector looks at them: what one token makes is mostly gone by itself."""
YOUNG_ROUNDS, MIDDLE_ROUNDS = 20, 20
"""Rounds of one generation before the next is looked at."""


def settle_collector() -> None:
    """To be called once everything has started: what lives now lives for good, and is never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_ROUNDS, MIDDLE_ROUNDS)


def spare_collector() -> None:
    """To be called once something large was made that lives for long: it is never looked at either."""
    gc.freeze()
