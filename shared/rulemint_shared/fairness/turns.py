"""Give places to tenants in turns: a tenant that floods waits for itself, and the others do not.

A tenant has a quota of the places, which `TenantQuota` counts. What finds no place waits in a queue of its tenant.
The tenants that wait get the places one after the other: next is the one that has had none for longest. If a place is
free, taking it is a few look-ups and no wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rulemint_shared.fairness.tenant_quota import TenantQuota

REMEMBERED_TENANTS = 1_000


class NoTurnError(Exception):
    """There is no place for it now: too many wait already, or its turn did not come in time."""


class Turns:
    """So many places, and a bounded queue for each tenant that waits for one."""

    def __init__(self, places: int, *, waiting: int, waiting_of_one: int) -> None:
        """At most *waiting* wait, and *waiting_of_one* of one tenant."""
        self._places = places
        self._quota = TenantQuota(places)
        self._max_waiting = waiting
        self._max_waiting_of_one = waiting_of_one
        self._queues: dict[str, deque[asyncio.Future[None]]] = {}
        """Of the tenants that wait."""
        self._waiting = 0
        self._turn = 0
        self._last_turns: dict[str, int] = {}
        """The last turn in which a tenant had a place, counted in turns."""

    def __len__(self) -> int:
        """Count the places that are taken."""
        return len(self._quota)

    @property
    def waiting(self) -> int:
        """Count those who wait."""
        return self._waiting

    @asynccontextmanager
    async def taken(self, tenant: str, *, within_s: float | None = None) -> AsyncIterator[None]:
        """*tenant* has one place more in the body.

        Raises:
            NoTurnError: too many wait, or *within_s* passed.
        """
        if not self.take_now(tenant):
            await self.wait(tenant, within_s=within_s)
        try:
            yield
        finally:
            self.give_back(tenant)

    def take_now(self, tenant: str) -> bool:
        """Take a place if one is free and *tenant* has not used up its quota; nobody who waits could have had it."""
        if not self._has_place_for(tenant):
            return False
        self._begin(tenant)
        return True

    async def wait(self, tenant: str, *, within_s: float | None = None) -> None:
        """Take a place when it is the turn of *tenant*.

        Raises:
            NoTurnError: as `taken`.
        """
        queue = self._queues.get(tenant)
        if self._waiting >= self._max_waiting or (queue is not None and len(queue) >= self._max_waiting_of_one):
            raise NoTurnError("too many wait")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(tenant, deque()).append(turn)
        self._waiting += 1
        self._hand_out()  # its queue may be the first of a tenant that has a place left
        try:
            async with asyncio.timeout(within_s):
                await turn
        except TimeoutError:
            self._leave(tenant, turn)
            raise NoTurnError(f"its turn did not come within {within_s:g} s") from None
        except BaseException:  # a turn that came as the caller was cancelled goes to the next
            self._leave(tenant, turn)
            raise

    def give_back(self, tenant: str) -> None:
        """*tenant* gives one place back; whose turn it is has it."""
        self._quota.end(tenant)
        if self._queues:
            self._hand_out()
        elif len(self._last_turns) > REMEMBERED_TENANTS:  # nobody waits, so it decides about nobody
            self._last_turns.clear()

    def _begin(self, tenant: str) -> None:
        self._quota.begin(tenant)
        self._turn += 1
        self._last_turns[tenant] = self._turn

    def _has_place_for(self, tenant: str) -> bool:
        return len(self._quota) < self._places and not self._quota.is_used_up(tenant)

    def _hand_out(self) -> None:
        """Give free places to the tenants that wait, one each, in their turn, until none may have another."""
        while waiting := [tenant for tenant in self._queues if self._has_place_for(tenant)]:
            tenant = min(waiting, key=lambda each: self._last_turns.get(each, 0))
            turn = self._queues[tenant].popleft()
            self._forget_one(tenant)
            if not turn.done():  # else it was cancelled a moment ago
                self._begin(tenant)
                turn.set_result(None)

    def _leave(self, tenant: str, turn: asyncio.Future[None]) -> None:
        """Nobody waits for *turn*, which may have come in this very moment."""
        if turn.done() and not turn.cancelled():
            self.give_back(tenant)
        elif turn in self._queues.get(tenant, ()):
            self._queues[tenant].remove(turn)
            self._forget_one(tenant)

    def _forget_one(self, tenant: str) -> None:
        self._waiting -= 1
        if not self._queues[tenant]:
            del self._queues[tenant]
