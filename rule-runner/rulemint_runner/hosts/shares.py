"""How busy each tenant keeps the hosts, and when it has its share of them.

A tenant may have as many busy hosts as it leaves to the others: alone it gets half of all, two greedy ones a third
each, and there is always room for one who comes later.
"""

from __future__ import annotations

from collections import Counter


class Shares:
    """Counts the hosts that are running or starting, by tenant."""

    def __init__(self, max_hosts: int) -> None:
        self._max_hosts = max_hosts
        self._busy: Counter[str] = Counter()

    def begin(self, tenant: str) -> None:
        """One more host of *tenant* is busy."""
        self._busy[tenant] += 1

    def end(self, tenant: str) -> None:
        """One host of *tenant* is idle, or has ended."""
        self._busy[tenant] -= 1
        if self._busy[tenant] == 0:
            del self._busy[tenant]

    def is_used_up(self, tenant: str) -> bool:
        """Whether *tenant* has as many busy hosts, or more, as there would be left for the others."""
        return 0 < self._busy[tenant] >= self._max_hosts - self._busy.total()
