"""The first token of a tenant whose host has ended."""

from __future__ import annotations

import statistics

from bench.goals.measured import Measured, Run
from bench.growth import idle


def measure(run: Run) -> Measured:
    """The line about idle tenants."""
    [(_language, first_ms, _next_ms)] = idle.measured(["javascript"], times=run.times, say=run.say)
    return Measured(figures={"idle": [round(statistics.median(first_ms), 2)]})
