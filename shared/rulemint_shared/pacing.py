"""How long a message may wait for company: alone not at all, among many a small part of what each waits anyway."""

from __future__ import annotations

FEW = 4
"""So many at a time gain nothing from waiting for each other."""
PAUSE_EACH_S = 0.0001
LONGEST_PAUSE_S = 0.01


def pause_for_company_s(under_way: int) -> float:
    """Seconds to hold a message back while *under_way* invocations have not ended."""
    return min(LONGEST_PAUSE_S, max(0, under_way - FEW) * PAUSE_EACH_S)
