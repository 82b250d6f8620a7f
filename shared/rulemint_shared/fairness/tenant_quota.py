"""Count the places that each tenant has taken, and know when it has its part of them.

A tenant may take as many as it leaves to the others. Alone it gets half of all, and two greedy ones get a third each.
There is always room for a tenant that comes later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class TenantQuota:
    """Counts the places that are taken, by tenant."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[str] = Counter()

    def __len__(self) -> int:
        """Count the places that are taken."""
        return self._taken.total()

    def of(self, tenant: str) -> int:
        """Count the places that *tenant* has taken."""
        return self._taken[tenant]

    def begin(self, tenant: str) -> None:
        """*tenant* takes one more place."""
        self._taken[tenant] += 1

    def end(self, tenant: str) -> None:
        """*tenant* gives one place back."""
        self._taken[tenant] -= 1
        if self._taken[tenant] == 0:
            del self._taken[tenant]

    @contextmanager
    def taken(self, tenant: str) -> Iterator[None]:
        """*tenant* has one place more in the body."""
        self.begin(tenant)
        try:
            yield
        finally:
            self.end(tenant)

    def is_used_up(self, tenant: str) -> bool:
        """Tell whether *tenant* has as many places, or more, as there would be left for the others."""
        return 0 < self._taken[tenant] >= self._places - self._taken.total()
