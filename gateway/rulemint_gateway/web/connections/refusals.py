"""What a connection asks before aiohttp sees a request: whether it is refused at a glance."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class EarlyRefusal(NamedTuple):
    """An answer that ends a request before it is read."""

    answer: bytes
    """All of it, as it is sent."""
    wait_s: float
    """In how many seconds it is its turn."""
    closes: bool
    """The connection is closed behind it, whatever else has come."""


class RefusesEarly(Protocol):
    """Knows whose requests need not be read."""

    @property
    def are_possible(self) -> bool:
        """Whether anybody may be refused: quick, for every request asks."""

    def of(self, peer: str, data: bytes) -> EarlyRefusal | None:
        """The refusal of the request that *peer* sent as *data*; None if it has to be looked at."""
