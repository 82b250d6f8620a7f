"""What is remembered of many tenants, within bounds: where it is too much, the tenant with the most forgets its oldest.

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
        self._of: dict[str, OrderedDict[K, V]] = {}
        self._count = 0

    def __len__(self) -> int:
        """How many values there are."""
        return self._count

    def has_any(self, tenant: str) -> bool:
        """Whether anything is remembered of *tenant*."""
        return tenant in self._of

    def get(self, tenant: str, key: K) -> V | None:
        """What is remembered there; None if nothing is."""
        of_tenant = self._of.get(tenant)
        return None if of_tenant is None else of_tenant.get(key)

    def put(self, tenant: str, key: K, value: V) -> None:
        """Remember *value*, as the newest of its tenant."""
        of_tenant = self._of.setdefault(tenant, OrderedDict())
        self._count += key not in of_tenant
        of_tenant[key] = value
        of_tenant.move_to_end(key)
        if self._count > self._most:
            longest = max(self._of, key=lambda name: len(self._of[name]))
            self.forget(longest, next(iter(self._of[longest])))

    def forget(self, tenant: str, key: K) -> None:
        """Forget what is there; nothing is no error."""
        of_tenant = self._of.get(tenant)
        if of_tenant is None or key not in of_tenant:
            return
        del of_tenant[key]
        self._count -= 1
        if not of_tenant:
            del self._of[tenant]
