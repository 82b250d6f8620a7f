"""The question that a connection asks before aiohttp sees a request: is it refused at a glance?"""

from __future__ import annotations

from collections.abc import Sized
from typing import NamedTuple, Protocol


class EarlyRefusal(NamedTuple):
    """An answer that ends a request before it is read."""

    answer: bytes
    """All of it, as it is sent."""
    wait_s: float
    """In how many seconds it is its turn."""
    closes: bool
    """The connection is closed behind it, even if more has come."""


class RefusesEarly(Protocol):
    """Knows whose requests need not be read."""

    failing: Sized
    """The addresses at which something failed lately. Nobody else is refused, so nobody asks if it is empty."""

    def of(self, peer: str, data: bytes) -> EarlyRefusal | None:
        """The refusal of the request that *peer* sent as *data*; None if it has to be looked at."""
