"""Remember values of many tenants, within bounds. When it is full, the tenant with the most forgets its oldest.

So no tenant, however much it has remembered of itself, makes another's be forgotten.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class FairMemory(Generic[K, V]):
    """Tenant and key → value, so many of them at most."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.by_tenant: dict[str, OrderedDict[K, V]] = {}
        """The values of each tenant that has any; to be looked into only."""
        self._count = 0

    def __len__(self) -> int:
        """Count the values."""
        return self._count

    def get(self, tenant: str, key: K) -> V | None:
        """Return the value that is remembered there, or None."""
        of_tenant = self.by_tenant.get(tenant)
        return None if of_tenant is None else of_tenant.get(key)

    def put(self, tenant: str, key: K, value: V) -> None:
        """Remember *value*, as the newest of its tenant."""
        of_tenant = self.by_tenant.setdefault(tenant, OrderedDict())
        self._count += key not in of_tenant
        of_tenant[key] = value
        of_tenant.move_to_end(key)
        if self._count > self._most:
            # The tenant with most makes room, so that a flood forgets only its own.
            longest = max(self.by_tenant, key=lambda name: len(self.by_tenant[name]))
            self.forget(longest, next(iter(self.by_tenant[longest])))

    def forget(self, tenant: str, key: K) -> None:
        """Forget what is there; nothing is no error."""
        of_tenant = self.by_tenant.get(tenant)
        if of_tenant is None or key not in of_tenant:
            return
        del of_tenant[key]
        self._count -= 1
        if not of_tenant:
            del self.by_tenant[tenant]
