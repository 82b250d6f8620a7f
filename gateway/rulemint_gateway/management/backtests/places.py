"""The places of backtests on one gateway: one of a tenant, and so many of all, which the tenants get in turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rulemint_gateway.management.errors import UnavailableError
from rulemint_shared.fairness.turns import NoTurnError, Turns

AT_ONCE = 2
"""Backtests of all tenants. `Turns` gives one tenant half of the places at most: one."""
WAITING, WAITING_OF_ONE_TENANT = 16, 2
WAIT_S = 25.0
"""Longer than a call replays, so one that waits gets its turn unless several are before it."""

OF_THE_TENANT = "This tenant runs a backtest on this gateway already, and may run one at a time: try again"
OF_ALL = f"This gateway runs {AT_ONCE} backtests at once, and others have their turn: try again"


class BacktestPlaces:
    """Says who may run a backtest, and who waits."""

    def __init__(self, *, wait_s: float = WAIT_S) -> None:
        self._turns = Turns(AT_ONCE, waiting=WAITING, waiting_of_one=WAITING_OF_ONE_TENANT)
        self._wait_s = wait_s
        self._running: Counter[str] = Counter()

    @asynccontextmanager
    async def taken(self, tenant: str) -> AsyncIterator[None]:
        """*tenant* runs one backtest in the body, when its turn has come.

        Raises:
            UnavailableError: its turn did not come. The text says whose backtests were in the way.
        """
        try:
            if not self._turns.take_now(tenant):
                await self._turns.wait(tenant, within_s=self._wait_s)
        except NoTurnError:
            raise UnavailableError(OF_THE_TENANT if self._running[tenant] else OF_ALL) from None
        self._running[tenant] += 1
        try:
            yield
        finally:
            self._running[tenant] -= 1
            if not self._running[tenant]:
                del self._running[tenant]
            self._turns.give_back(tenant)
