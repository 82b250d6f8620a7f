"""Count the places that each tenant has taken, and know when it has its part of them.

A tenant may take as many as it leaves to the others. Alone it gets half of all, and two greedy ones get a third each.
There is always room for a tenant that comes later.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class TenantQuota:
    """Counts the places that are taken, by tenant."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: dict[str, int] = {}
        self._all_taken = 0

    def __len__(self) -> int:
        """Count the places that are taken."""
        return self._all_taken

    def of(self, tenant: str) -> int:
        """Count the places that *tenant* has taken."""
        return self._taken.get(tenant, 0)

    def by_tenant(self) -> dict[str, int]:
        """Count the places of each tenant that has taken some."""
        return dict(self._taken)

    def part_of(self, tenant: str) -> int:
        """Count the places that *tenant* may have while the others have what they have: as many as it leaves free."""
        others = self._all_taken - self.of(tenant)
        return max(1, (self._places - others + 1) // 2)

    def begin(self, tenant: str) -> None:
        """*tenant* takes one more place."""
        self._taken[tenant] = self._taken.get(tenant, 0) + 1
        self._all_taken += 1

    def end(self, tenant: str) -> None:
        """*tenant* gives one place back."""
        left = self._taken[tenant] - 1
        self._all_taken -= 1
        if left:
            self._taken[tenant] = left
        else:
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
        taken = self._taken.get(tenant, 0)
        return 0 < taken >= self._places - self._all_taken
